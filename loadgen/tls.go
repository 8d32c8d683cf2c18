package loadgen

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"memlite/reports"
)

// TLS says how connections are encrypted. The zero value checks the server's certificate against the system's authorities
// and the host of its address. TLS 1.2 is the least that is spoken. Plans with TLS run on netloop's portable engine.
type TLS struct {
	CA         string // file of the authorities (PEM) that are trusted instead of the system's
	Cert, Key  string // files of the client's own certificate and its key (PEM); both or neither
	ServerName string // that the certificate must be for, and that is asked for; "" is the address's host
	SkipVerify bool   // any certificate will do
}

// validate says what is wrong with the options; files are read when the plan is run.
func (t *TLS) validate(targets []target) error {
	var problems []error
	if (t.Cert == "") != (t.Key == "") {
		problems = append(problems, errors.New("tls-cert and tls-key: want both or neither"))
	}
	if t.SkipVerify && t.CA != "" {
		problems = append(problems, errors.New("tls-ca and tls-skip-verify: want one of them: with any certificate accepted no authority is asked"))
	}
	for _, to := range targets {
		if to.network == "unix" && t.ServerName == "" && !t.SkipVerify {
			problems = append(problems, fmt.Errorf("%s has no host that its certificate could be for: want tls-server-name or tls-skip-verify", to.address))
			break
		}
	}
	return errors.Join(problems...)
}

// settings are the options that are not as they are by themselves, under their flags' names.
func (t *TLS) settings() []reports.Setting {
	s := []reports.Setting{{Name: "tls", Value: "true"}}
	for _, o := range []reports.Setting{{Name: "tls-ca", Value: t.CA}, {Name: "tls-cert", Value: t.Cert}, {Name: "tls-key", Value: t.Key}, {Name: "tls-server-name", Value: t.ServerName}} {
		if o.Value != "" {
			s = append(s, o)
		}
	}
	if t.SkipVerify {
		s = append(s, reports.Setting{Name: "tls-skip-verify", Value: "true"})
	}
	return s
}

// configs returns what is needed to shake hands with each target, in their order; nil where there is no TLS.
func (t *TLS) configs(targets []target) ([]*tls.Config, error) {
	all := make([]*tls.Config, len(targets))
	if t == nil {
		return all, nil
	}
	base := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.SkipVerify}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("tls-ca: %w", err)
		}
		base.RootCAs = x509.NewCertPool()
		if !base.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls-ca: %s holds no certificate in PEM", t.CA)
		}
	}
	if t.Cert != "" {
		own, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("tls-cert and tls-key: %w", err)
		}
		base.Certificates = []tls.Certificate{own}
	}
	for i, to := range targets {
		c := base.Clone()
		if c.ServerName = t.ServerName; c.ServerName == "" {
			c.ServerName, _, _ = net.SplitHostPort(to.address)
		}
		all[i] = c
	}
	return all, nil
}

// explain says in one line what a dial that failed means and what to do; err itself where that is known, or there is no TLS.
func (t *TLS) explain(err error) error {
	if t == nil {
		return err
	}
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	advise := func(advice string) error { return fmt.Errorf("%w: %s", err, advice) }
	switch {
	case errors.As(err, &authority):
		return advise("trust the authority that signed it with --tls-ca FILE, or any certificate with --tls-skip-verify")
	case errors.As(err, &name):
		return advise("give the name that it is for with --tls-server-name NAME")
	case errors.As(err, &invalid):
		return advise("the server needs another one, or accept any with --tls-skip-verify")
	case errors.As(err, &record):
		return advise("no TLS is spoken there: leave --tls out")
	case alerted(err) && strings.Contains(err.Error(), "certificate"):
		return advise("the server wants a certificate that it accepts: --tls-cert FILE --tls-key FILE")
	case alerted(err): // servers of TLS 1.2 do not say why
		return advise("the server refused; it may want a certificate: --tls-cert FILE --tls-key FILE")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return advise("the server ended the TLS handshake; does it speak TLS there?")
	case errors.Is(err, context.DeadlineExceeded):
		return advise("no TLS handshake came about; does it speak TLS there?")
	}
	return err
}

// alerted says whether the other side refused us by an alert of TLS. With TLS 1.3 what it thinks of our certificate comes when
// the handshake is over for this side.
func alerted(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// spoken says whether what a server sent unasked, or answered wrong, is TLS: an alert or a handshake record.
func spoken[T string | []byte](in T) bool {
	return len(in) >= 3 && (in[0] == 0x15 || in[0] == 0x16) && in[1] == 3
}
