package main

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"memlite/loadgen/fleet"
)

// natsFlags say how a fleet's NATS is reached, and how long a fleet goes on without it. Those who order load and those who make it have them
// alike.
type natsFlags struct {
	connect fleet.Connect // but for its URL
	grace   span
}

func (n *natsFlags) add(cmd *cobra.Command) {
	n.grace = span(15 * time.Second)
	f := cmd.Flags()
	f.StringVar(&n.connect.User, "nats-user", "", "`NAME` to tell NATS")
	f.StringVar(&n.connect.Password, "nats-password", "", "its `PASSWORD`; better as "+variable("nats-password")+", which no list of processes shows")
	f.StringVar(&n.connect.Token, "nats-token", "", "`TOKEN` to show NATS instead; better as "+variable("nats-token"))
	f.StringVar(&n.connect.Creds, "nats-creds", "", "credentials `FILE` to show NATS instead (.creds, as nsc writes it)")
	f.StringVar(&n.connect.CA, "nats-ca", "", "trust the authorities in `FILE` (PEM) for NATS, instead of the system's")
	f.StringVar(&n.connect.Cert, "nats-cert", "", "show NATS the certificate in `FILE` (PEM)")
	f.StringVar(&n.connect.Key, "nats-key", "", "its key, in `FILE` (PEM)")
	f.Var(&n.grace, "nats-grace", "go on for so long while one's own connection to NATS is down; load and each agent have their own")
}

// at is all that is needed to reach the NATS at address.
func (n *natsFlags) at(address string) (fleet.Connect, error) {
	c := n.connect
	c.URL = address
	if err := c.Validate(); err != nil {
		return c, &usageError{err}
	}
	return c, nil
}

// hidden stands for a secret in a command line that a report repeats.
const hidden = "HIDDEN"

// withoutSecrets is a command line that may be shown to everybody: reports have it, and reports are sent on.
func withoutSecrets(args []string) []string {
	args = slices.Clone(args)
	for i := range args {
		flag, value, joined := strings.Cut(args[i], "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		switch flag {
		case "--nats-password", "--nats-token":
			value = hidden
		case "--nats", "--fleet":
			value = urlWithoutSecrets(value)
		default:
			continue
		}
		if joined {
			args[i] = flag + "=" + value
		} else if i+1 < len(args) {
			args[i+1] = value
		}
	}
	return args
}

// urlWithoutSecrets hides the password of each NATS in a list, or the token that stands alone before the @.
func urlWithoutSecrets(list string) string {
	parts := strings.Split(list, ",")
	for i, one := range parts {
		scheme, rest, ok := strings.Cut(one, "://")
		if !ok {
			scheme, rest = "", one
		} else {
			scheme += "://"
		}
		at := strings.LastIndexByte(rest, '@')
		if at < 0 {
			continue
		}
		who := hidden
		if name, _, both := strings.Cut(rest[:at], ":"); both {
			who = url.PathEscape(name) + ":" + hidden
		}
		parts[i] = scheme + who + rest[at:]
	}
	return strings.Join(parts, ",")
}
