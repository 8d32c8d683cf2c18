package loadgen

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"memlite/reports"
)

// authority is a certificate authority of a test. Its files are in a folder of the test's.
type authority struct {
	t      *testing.T
	folder string
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, folder: t.TempDir()}
	a.cert, a.key = a.issue("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// issue signs a certificate for host (a name, or ca for its own) and writes host.pem and host.key.
func (a *authority) issue(host string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	must := func(err error) {
		if err != nil {
			a.t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: host}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	must(os.WriteFile(a.file(host+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(os.WriteFile(a.file(host+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	cert, err := x509.ParseCertificate(der)
	must(err)
	return cert, key
}

func (a *authority) file(name string) string { return filepath.Join(a.folder, name) }

// pair issues a certificate for a name and addresses.
func (a *authority) pair(host string, ips ...net.IP) tls.Certificate {
	a.issue(host, &x509.Certificate{DNSNames: []string{host}, IPAddresses: ips})
	pair, err := tls.LoadX509KeyPair(a.file(host+".pem"), a.file(host+".key"))
	if err != nil {
		a.t.Fatal(err)
	}
	return pair
}

// serveTLS starts a scripted server that speaks TLS on a TCP port, or on a Unix socket if path is not empty.
func serveTLS(t *testing.T, path string, c *tls.Config) *scripted {
	t.Helper()
	network, place := "tcp", "127.0.0.1:0"
	if path != "" {
		network, place = "unix", path
	}
	ln, err := net.Listen(network, place)
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, tls.NewListener(ln, c), nil, nil)
}

var local = net.IPv4(127, 0, 0, 1)

func TestTLS(t *testing.T) {
	a := newAuthority(t)
	secured := &tls.Config{Certificates: []tls.Certificate{a.pair("memlite.test", local)}}
	tcp, other := serveTLS(t, "", secured), serveTLS(t, "", secured)
	path := filepath.Join(t.TempDir(), "s")
	local := serveTLS(t, path, secured)
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	closed := serveTLS(t, "", &tls.Config{
		Certificates: secured.Certificates, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	})
	a.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	ca := a.file("ca.pem")
	for name, c := range map[string]struct {
		target  string
		secure  TLS
		servers []*scripted
	}{
		"authority":          {tcp.addr, TLS{CA: ca}, []*scripted{tcp}},
		"name":               {tcp.addr, TLS{CA: ca, ServerName: "memlite.test"}, []*scripted{tcp}},
		"no check":           {tcp.addr, TLS{SkipVerify: true}, []*scripted{tcp}},
		"unix":               {"unix://" + path, TLS{CA: ca, ServerName: "memlite.test"}, []*scripted{local}},
		"client certificate": {closed.addr, TLS{CA: ca, Cert: a.file("client.pem"), Key: a.file("client.key")}, []*scripted{closed}},
		"two servers":        {tcp.addr + "," + other.addr, TLS{CA: ca}, []*scripted{tcp, other}},
	} {
		t.Run(name, func(t *testing.T) {
			before := int64(0)
			for _, s := range c.servers {
				before += s.total()
			}
			r, err := Local{Loops: 2}.Execute(t.Context(), Plan{Target: c.target, TLS: &c.secure, Clients: 4, Keys: 50, Preload: true, Requests: 500, Sets: 0.2, ValueSize: "10-40KiB", Pipeline: 3})
			if err != nil {
				t.Fatal(err)
			}
			after := int64(0)
			for _, s := range c.servers {
				after += s.total()
			}
			if q := r.Requests; q.Recorded != 500 || q.Errors > 0 || q.Preloaded+q.Recorded != after-before {
				t.Errorf("%+v, the server counted %d; %v", q, after-before, r.Warnings)
			}
			if !r.TLS || r.Connections.Lost > 0 || !hasSetting(r, "tls") {
				t.Errorf("TLS %v, %+v, %v", r.TLS, r.Connections, r.Plan)
			}
		})
	}
}

func hasSetting(r *reports.Run, name string) bool {
	for _, s := range r.Plan {
		if s.Name == name {
			return true
		}
	}
	return false
}

// A handshake that fails is one line that says what to do.
func TestTLSErrors(t *testing.T) {
	a := newAuthority(t)
	pair := a.pair("memlite.test")
	named := serveTLS(t, "", &tls.Config{Certificates: []tls.Certificate{pair}})
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	demanding := func(version uint16) string {
		return serveTLS(t, "", &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MaxVersion: version}).addr
	}
	plain := serve(t, func(request) (string, error) { return "ERROR\r\n", nil }, func(c net.Conn) error { _, err := c.Write([]byte("ERROR\r\n")); return err })
	silent := serve(t, nil, func(c net.Conn) error { _, err := c.Read(make([]byte, 1)); time.Sleep(time.Second); return err })
	alerting := serve(t, func(request) (string, error) { return "\x15\x03\x01\x00\x02\x02\x28", io.EOF }, nil)
	hanging := serve(t, nil, func(c net.Conn) error { c.Close(); return nil })
	ca := a.file("ca.pem")
	for name, c := range map[string]struct {
		target string
		secure *TLS
		want   []string
	}{
		"unknown authority":  {named.addr, &TLS{ServerName: "memlite.test"}, []string{named.addr, "unknown authority", "--tls-ca"}},
		"wrong name":         {named.addr, &TLS{CA: ca}, []string{"127.0.0.1", "--tls-server-name"}},
		"not TLS":            {plain.addr, &TLS{CA: ca}, []string{plain.addr, "leave --tls out"}},
		"silence":            {silent.addr, &TLS{CA: ca}, []string{silent.addr, "does it speak TLS"}},
		"closes":             {hanging.addr, &TLS{CA: ca}, []string{hanging.addr, "does it speak TLS"}},
		"no certificate 1.2": {demanding(tls.VersionTLS12), &TLS{CA: ca, ServerName: "memlite.test"}, []string{"--tls-cert"}},
		"no certificate 1.3": {demanding(tls.VersionTLS13), &TLS{CA: ca, ServerName: "memlite.test"}, []string{"--tls-cert"}},
		"TLS is not on":      {alerting.addr, nil, []string{"which is TLS: give --tls"}},
		"no file":            {named.addr, &TLS{CA: ca + "x"}, []string{"tls-ca: ", "no such file"}},
		"not a certificate":  {named.addr, &TLS{CA: a.file("ca.key")}, []string{"holds no certificate"}},
		"not its key":        {named.addr, &TLS{Cert: ca, Key: a.file("memlite.test.key")}, []string{"tls-cert and tls-key: "}},
		"key alone":          {named.addr, &TLS{Key: a.file("ca.key")}, []string{"want both or neither"}},
		"unix without name":  {"unix:///tmp/x", &TLS{CA: ca}, []string{"tls-server-name"}},
		"checked and not":    {named.addr, &TLS{CA: ca, SkipVerify: true}, []string{"want one of them"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := 10 * time.Second
			if name == "silence" {
				timeout = 300 * time.Millisecond
			}
			_, err := Local{Loops: 1}.Execute(t.Context(), Plan{Target: c.target, TLS: c.secure, Clients: 2, Duration: time.Second, Timeout: timeout})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%q, want one line with %q", err, want)
				}
			}
		})
	}
}
