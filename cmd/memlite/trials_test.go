package main

import "testing"

func FuzzRateList(f *testing.F) {
	for _, s := range []string{"10k:100k:10k", "1:2:0.5", "1k/s:2k/s:500/s", "", "::", "1:2", "2:1:1", "0:1:1", "1:Inf:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := rateList{form: "FROM:TO:STEP"}
		if v.Set(s) != nil {
			return
		}
		again := rateList{form: v.form}
		if err := again.Set(v.String()); err != nil || again.String() != v.String() || !(v.rates[0] > 0 && v.rates[2] > 0 && v.rates[0] <= v.rates[1]) {
			t.Errorf("%q: %v, read back as %v, %v", s, v, again, err)
		}
	})
}
