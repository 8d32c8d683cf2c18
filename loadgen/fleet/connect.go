package fleet

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// Connect says how NATS is reached, and as whom.
type Connect struct {
	// URL is nats://host:port, tls://host:port or ws://host:port, of several servers of one cluster with commas between them. The scheme and the
	// port may be left out: nats and 4222.
	URL string
	// User and Password, or Token, or Creds, a file that nsc has made: as the NATS has it. None is none.
	User, Password string
	Token          string
	Creds          string
	// CA is a file of the authorities (PEM) that are trusted instead of the system's; Cert and Key are files of one's own certificate. With any
	// of them TLS is asked for whatever the URL says.
	CA, Cert, Key string
}

// Validate says what is wrong with how NATS is to be reached, without trying.
func (c Connect) Validate() error {
	var problems []error
	if strings.TrimSpace(c.URL) == "" {
		problems = append(problems, errors.New("no NATS given: want nats://host:port"))
	} else {
		for one := range strings.SplitSeq(c.URL, ",") {
			problems = append(problems, checkURL(strings.TrimSpace(one)))
		}
	}
	ways := 0
	for _, s := range []string{c.User, c.Token, c.Creds} {
		if s != "" {
			ways++
		}
	}
	if ways > 1 {
		problems = append(problems, errors.New("NATS takes one of user and password, token, and credentials file: give one"))
	}
	if c.Password != "" && c.User == "" {
		problems = append(problems, errors.New("a NATS password without a user: give both"))
	}
	if (c.Cert == "") != (c.Key == "") {
		problems = append(problems, errors.New("NATS certificate and key: want both or neither"))
	}
	for _, file := range []string{c.Creds, c.CA, c.Cert, c.Key} {
		if file != "" {
			f, err := os.Open(file)
			if err != nil {
				problems = append(problems, err)
				continue
			}
			problems = append(problems, f.Close())
		}
	}
	return errors.Join(problems...)
}

func checkURL(one string) error {
	full := one
	if !strings.Contains(full, "://") {
		full = "nats://" + full
	}
	u, err := url.Parse(full)
	switch {
	case err != nil: // its text has the URL, which may have a password
		return errors.New("the URL of NATS cannot be read: want nats://host:port")
	case u.Scheme != "nats" && u.Scheme != "tls" && u.Scheme != "ws" && u.Scheme != "wss", u.Hostname() == "", u.Path != "" && u.Path != "/":
		return fmt.Errorf("NATS at %q: want nats://host:port", u.Redacted())
	}
	return nil
}

// String is where NATS is, without secrets.
func (c Connect) String() string {
	var list []string
	for one := range strings.SplitSeq(c.URL, ",") {
		one = strings.TrimSpace(one)
		if at := strings.LastIndexByte(one, '@'); at >= 0 {
			scheme, _, ok := strings.Cut(one, "://")
			if one = one[at+1:]; ok {
				one = scheme + "://" + one
			}
		}
		list = append(list, clean(one))
	}
	return strings.Join(list, ",")
}

// open connects. closed is told why the connection was closed for good, or what NATS does not let us do. With patience a NATS that is not there yet is waited for; one that does not let us in never is.
func (c Connect) open(name string, patient bool, heed func(string), closed func(error), options ...nats.Option) (*nats.Conn, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	said := &once{say: heed}
	options = append([]nats.Option{
		nats.Name(name),
		nats.Timeout(2 * time.Second),
		// A connection that is gone is noticed after two seconds, and tried again four times a second for as long as it takes: it is Grace that
		// says when a run ends for it.
		nats.PingInterval(time.Second), nats.MaxPingsOutstanding(2),
		nats.ReconnectWait(250 * time.Millisecond), nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond), nats.MaxReconnects(-1),
		// What cannot be sent now is not sent late: records are pulled, and beats and requests are of their moment.
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			switch {
			case errors.Is(err, nats.ErrSlowConsumer): // what was dropped is pulled
			case errors.Is(err, nats.ErrPermissionViolation):
				closed(err)
			default:
				said.that("NATS: " + clean(err.Error()))
			}
		}),
		nats.ClosedHandler(func(nc *nats.Conn) { closed(nc.LastError()) }),
	}, options...)
	switch {
	case c.Token != "":
		options = append(options, nats.Token(c.Token))
	case c.Creds != "":
		options = append(options, nats.UserCredentials(c.Creds))
	case c.User != "":
		options = append(options, nats.UserInfo(c.User, c.Password))
	}
	if c.CA != "" {
		options = append(options, nats.RootCAs(c.CA))
	}
	if c.Cert != "" {
		options = append(options, nats.ClientCert(c.Cert, c.Key))
	}
	nc, err := nats.Connect(c.URL, options...)
	if err == nil || !patient || !absent(err) {
		return nc, c.explain(err)
	}
	said.that(fmt.Sprintf("waiting for NATS at %s: %s", c, clean(err.Error())))
	nc, err = nats.Connect(c.URL, append(options, nats.RetryOnFailedConnect(true))...)
	return nc, c.explain(err)
}

// absent says whether a connection failed because nobody is there, or not yet.
func absent(err error) bool {
	var network net.Error // also a name that is not known yet
	return errors.Is(err, nats.ErrNoServers) || errors.As(err, &network) && !encrypted(err)
}

// encrypted says whether it is TLS that failed.
func encrypted(err error) bool {
	return errors.Is(err, nats.ErrSecureConnRequired) || errors.Is(err, nats.ErrSecureConnWanted) ||
		strings.Contains(err.Error(), "x509:") || strings.Contains(err.Error(), "tls:") || strings.Contains(err.Error(), "tls error")
}

// explain says in one line why there is no connection, and what to do.
func (c Connect) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked), errors.Is(err, nats.ErrAccountAuthExpired):
		return fmt.Errorf("NATS at %s does not let us in (%w): check --nats-user and --nats-password, --nats-token or --nats-creds", c, err)
	case encrypted(err):
		return fmt.Errorf("NATS at %s: %w: check --nats-ca, --nats-cert and --nats-key", c, err)
	case errors.Is(err, nats.ErrPermissionViolation):
		return fmt.Errorf("NATS at %s does not let this user do what it must (%s): an agent and a load need memlite.>, $SRV.> and _INBOX.>, see README", c, clean(err.Error()))
	case errors.Is(err, nats.ErrNoServers):
		return fmt.Errorf("no NATS answers at %s: start one there, or give another URL", c)
	}
	return fmt.Errorf("NATS at %s: %w", c, err)
}

// ended is why a connection was closed for good.
func (c Connect) ended(err error) error {
	if err == nil {
		err = nats.ErrConnectionClosed
	}
	return c.explain(err)
}

// once says everything once: an error of a subscription comes again with every reconnect.
type once struct {
	say  func(string)
	mu   sync.Mutex
	said map[string]bool
}

func (o *once) that(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.said[text] || len(o.said) > 100 {
		return
	}
	if o.said == nil {
		o.said = map[string]bool{}
	}
	o.said[text] = true
	o.say(text)
}
