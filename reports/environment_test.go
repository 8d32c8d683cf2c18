package reports

import (
	"runtime"
	"testing"
)

func TestThisEnvironment(t *testing.T) {
	e := ThisEnvironment("1.2.3")
	if e.Version != "1.2.3" || e.Go != runtime.Version() || e.OS != runtime.GOOS+"/"+runtime.GOARCH || e.CPUs < 1 {
		t.Errorf("%+v", e)
	}
	if runtime.GOOS == "linux" && e.Kernel == "" {
		t.Error("the kernel's release is not known on Linux")
	}
}
