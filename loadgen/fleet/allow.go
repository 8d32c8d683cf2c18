package fleet

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Everywhere an agent may make load to unless it is told otherwise.
var defaultAllow = []string{"127.0.0.0/8", "::1/128", "unix"}

// Allowed is where an agent may make load to.
type Allowed struct {
	networks []netip.Prefix
	unix     bool     // every socket
	sockets  []string // or these
}

// ParseAllowed reads a list of networks (10.0.0.0/8), addresses (10.0.0.7) and sockets (unix:///path, or unix for all). No list is that of the
// machine itself: 127.0.0.0/8, ::1 and unix.
func ParseAllowed(list []string) (Allowed, error) {
	var (
		a        Allowed
		problems []error
	)
	if len(list) == 0 {
		list = defaultAllow
	}
	for _, one := range list {
		path, socket := strings.CutPrefix(one, "unix://")
		network, err := netip.ParsePrefix(one)
		address, err2 := netip.ParseAddr(one)
		switch {
		case one == "unix":
			a.unix = true
		case socket && strings.HasPrefix(path, "/"):
			a.sockets = append(a.sockets, path)
		case err == nil:
			a.networks = append(a.networks, network.Masked())
		case err2 == nil && address.Zone() == "":
			address = address.Unmap()
			a.networks = append(a.networks, netip.PrefixFrom(address, address.BitLen()))
		default:
			problems = append(problems, fmt.Errorf("allow %q: want a network (10.0.0.0/8), an address, unix or unix:///path", one))
		}
	}
	return a, errors.Join(problems...)
}

// String is the list again.
func (a Allowed) String() string {
	var list []string
	for _, n := range a.networks {
		if n.IsSingleIP() {
			list = append(list, n.Addr().String())
		} else {
			list = append(list, n.String())
		}
	}
	if a.unix {
		list = append(list, "unix")
	}
	for _, s := range a.sockets {
		list = append(list, "unix://"+s)
	}
	return strings.Join(list, ", ")
}

// Check says why load may not be made to an address: that of a machine, or the path of a Unix socket.
func (a Allowed) Check(ip netip.Addr, path string) error {
	if !ip.IsValid() {
		if a.unix || slices.Contains(a.sockets, path) {
			return nil
		}
		return a.refuse("unix://" + path)
	}
	ip = ip.Unmap().WithZone("") // ::ffff:10.0.0.1 is 10.0.0.1, and a network says nothing about interfaces
	for _, n := range a.networks {
		if n.Contains(ip) {
			return nil
		}
	}
	return a.refuse(ip.String())
}

func (a Allowed) refuse(what string) error {
	return fmt.Errorf("this agent makes no load to %s: it was started with --allow %s", clean(what), strings.ReplaceAll(a.String(), ", ", " --allow "))
}
