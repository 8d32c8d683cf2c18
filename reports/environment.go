package reports

import (
	"os"
	"runtime"
)

// ThisEnvironment describes the machine and the program that run now. version is memlite's own. Kernel and CPU are
// known on Linux only and stay empty elsewhere, which prints as n/a.
func ThisEnvironment(version string) Environment {
	host, err := os.Hostname()
	if err != nil {
		host = "" // not known
	}
	return Environment{
		Version: version,
		Go:      runtime.Version(),
		OS:      runtime.GOOS + "/" + runtime.GOARCH,
		Kernel:  kernel(),
		CPU:     processor(),
		CPUs:    runtime.GOMAXPROCS(0),
		Host:    host,
	}
}
