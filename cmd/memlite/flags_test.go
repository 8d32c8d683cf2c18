package main

import (
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func TestFlagValues(t *testing.T) {
	for _, c := range []struct {
		value pflag.Value
		in    string
		want  string // as String prints it; "" means refused
	}{
		{new(size), "100", "100"},
		{new(size), "100B", "100"},
		{new(size), "64KiB", "64KiB"},
		{new(size), "1.5MiB", "1536KiB"},
		{new(size), "1MB", ""},
		{new(size), "2GiB", "2GiB"},
		{new(size), "0", "0"},
		{new(size), "0.3", ""},
		{new(size), "1mib", ""},
		{new(size), "-1", ""},
		{new(size), "1e3", ""},
		{new(size), "99999999GiB", ""},
		{new(size), "KiB", ""},
		{new(count), "100k", "100k"},
		{new(count), "1.5M", "1500k"},
		{new(count), "1234", "1234"},
		{new(count), "1.5", ""},
		{new(count), "0x10", ""},
		{new(natural), "10000", "10k"},
		{new(natural), "1024", "1024"},
		{new(natural), "3G", ""},
		{new(natural), "5000M", ""},
		{new(rate), "20k/s", "20000/s"},
		{new(rate), "500", "500/s"},
		{new(rate), "0.5/s", "0.5/s"},
		{new(rate), "20k/m", ""},
		{new(rate), "Inf", ""},
		{new(rate), "/s", ""},
		{new(share), "10%", "10%"},
		{new(share), "0.1", "10%"},
		{new(share), "0", "0%"},
		{new(share), "0.7%", "0.7%"},
		{new(share), "1", "100%"},
		{new(share), "101%", ""},
		{new(share), "NaN", ""},
		{new(share), "1.2.3", ""},
		{new(span), "90s", "1m30s"},
		{new(span), "1h", "1h"},
		{new(span), "10m", "10m"},
		{new(span), "0", "0s"},
		{new(span), "-1s", ""},
		{new(span), "10", ""},
		{&choice{choices: []string{"lite", "classic"}, name: "dialect"}, "classic", "classic"},
		{&choice{choices: []string{"lite", "classic"}, name: "dialect"}, "Classic", ""},
	} {
		err := c.value.Set(c.in)
		switch {
		case err != nil && c.want != "":
			t.Errorf("%T %q: %v", c.value, c.in, err)
		case err == nil && c.value.String() != c.want:
			t.Errorf("%T %q is %q, want %q", c.value, c.in, c.value, c.want)
		}
	}
}

func TestChoiceSuggests(t *testing.T) {
	v := choice{choices: []string{"report", "course", "memcached"}, name: "profile"}
	want := `there is no profile "memcache", did you mean memcached? (report, course, memcached)`
	if err := v.Set("memcache"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Whatever a flag accepts it prints in a form that it reads as the same value.
func FuzzFlagValues(f *testing.F) {
	for _, s := range []string{"100", "64KiB", "1.5M", "20k/s", "10%", "1m30s", "0.1", "1e3", "-5", "9007199254740993"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var v1, v2 struct {
			size    size
			count   count
			natural natural
			rate    rate
			share   share
			span    span
		}
		a := []pflag.Value{&v1.size, &v1.count, &v1.natural, &v1.rate, &v1.share, &v1.span}
		b := []pflag.Value{&v2.size, &v2.count, &v2.natural, &v2.rate, &v2.share, &v2.span}
		for i := range a {
			if a[i].Set(s) != nil {
				continue
			}
			if err := b[i].Set(a[i].String()); err != nil || b[i].String() != a[i].String() {
				t.Errorf("%T: %q prints as %q, which is read as %q, %v", a[i], s, a[i], b[i], err)
			}
		}
		if v1.size < 0 || v1.count < 0 || v1.natural < 0 || !(v1.rate >= 0) || !(v1.share >= 0 && v1.share <= 1) || time.Duration(v1.span) < 0 {
			t.Errorf("%q is out of range: %+v", s, v1)
		}
	})
}
