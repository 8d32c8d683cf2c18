//go:build unix

package fleettest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// Who is not let in by NATS hears so at once, coordinator and agent, in a line that says what to look at and shows no secret; who is makes load.
func TestCredentials(t *testing.T) {
	proof(t)
	for _, c := range []struct {
		name   string
		server func(t *testing.T, dir string) []string
		right  []string
		wrong  [][]string
		hint   string
	}{
		{"password", func(*testing.T, string) []string { return []string{"--user", "load", "--pass", "SECRET1"} },
			[]string{"--nats-user", "load", "--nats-password", "SECRET1"},
			[][]string{{"--nats-user", "load", "--nats-password", "SECRET2"}, {}}, "--nats-password"},
		{"token", func(*testing.T, string) []string { return []string{"--auth", "SECRET1"} },
			[]string{"--nats-token", "SECRET1"},
			[][]string{{"--nats-token", "SECRET2"}, {}}, "--nats-token"},
		{"creds", operator, []string{"--nats-creds", "{}/right.creds"},
			[][]string{{"--nats-creds", "{}/wrong.creds"}, {}}, "--nats-creds"},
		{"tls", func(t *testing.T, dir string) []string {
			authority(t, dir, "ca").sign(t, dir, "server")
			authority(t, dir, "stranger")
			return []string{"--tls", "--tlscert", dir + "/server.pem", "--tlskey", dir + "/server.key"}
		}, []string{"--nats-ca", "{}/ca.pem"}, [][]string{{"--nats-ca", "{}/stranger.pem"}, {}}, "--nats-ca"},
		{"mutual tls", func(t *testing.T, dir string) []string {
			ca := authority(t, dir, "ca")
			ca.sign(t, dir, "server")
			ca.sign(t, dir, "client")
			authority(t, dir, "stranger").sign(t, dir, "false")
			return []string{"--tlsverify", "--tlscert", dir + "/server.pem", "--tlskey", dir + "/server.key", "--tlscacert", dir + "/ca.pem"}
		}, []string{"--nats-ca", "{}/ca.pem", "--nats-cert", "{}/client.pem", "--nats-key", "{}/client.key"},
			[][]string{{"--nats-ca", "{}/ca.pem", "--nats-cert", "{}/false.pem", "--nats-key", "{}/false.key"}, {"--nats-ca", "{}/ca.pem"}}, "--nats-cert"},
	} {
		t.Run(c.name, func(t *testing.T) {
			proof(t)
			dir := t.TempDir()
			in := func(flags []string) (list []string) {
				for _, f := range flags {
					list = append(list, strings.ReplaceAll(f, "{}", dir))
				}
				return list
			}
			s := &site{t: t, nats: StartNATS(t, nil, c.server(t, dir)...), target: serve(t, nil)}
			for _, wrong := range c.wrong {
				for _, p := range []*Process{
					program(t, nil, append([]string{"agent", "--nats", s.nats.URL}, in(wrong)...)...),
					s.load(append([]string{"--agents", "1", "--requests", "1"}, in(wrong)...)...).Process,
				} {
					if status := p.End(); status != 2 {
						t.Errorf("%s with %q: exit status %d, want 2", p.Args[1], wrong, status)
					}
					if out := p.Output(); !strings.Contains(out, c.hint) || strings.Contains(out, "SECRET") || strings.Count(out, "\n") > 0 {
						t.Errorf("%s with %q: it printed:\n%s", p.Args[1], wrong, out)
					}
				}
			}
			s.agents = append(s.agents, startAgent(t, nil, s.nats, "a", in(c.right)...))
			l := s.load(append([]string{"--requests", "100"}, in(c.right)...)...)
			if run := l.run(0); run.Requests.Recorded != 100 {
				t.Errorf("%d requests, want 100", run.Requests.Recorded)
			}
			if report, err := os.ReadFile(l.report); err != nil || strings.Contains(string(report), "SECRET") {
				t.Errorf("the report shows the secret (%v)", err)
			}
		})
	}
}

// operator makes what nsc would: an operator, an account with a user who has right.creds, and wrong.creds of a user whom the account does not know.
func operator(t *testing.T, dir string) []string {
	t.Helper()
	key := func(create func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		pair, err := create()
		if err != nil {
			t.Fatal(err)
		}
		public, err := pair.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return pair, public
	}
	signed := func(claims jwt.Claims, by nkeys.KeyPair) string {
		token, err := claims.Encode(by)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	creds := func(name string, account nkeys.KeyPair) {
		user, public := key(nkeys.CreateUser)
		seed, err := user.Seed()
		if err != nil {
			t.Fatal(err)
		}
		file, err := jwt.FormatUserConfig(signed(jwt.NewUserClaims(public), account), seed)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), file)
	}
	op, opPublic := key(nkeys.CreateOperator)
	account, accountPublic := key(nkeys.CreateAccount)
	stranger, _ := key(nkeys.CreateAccount)
	creds("right.creds", account)
	creds("wrong.creds", stranger)
	config := fmt.Sprintf("operator: %s\nresolver: MEMORY\nresolver_preload: { %s: %s }\n",
		signed(jwt.NewOperatorClaims(opPublic), op), accountPublic, signed(jwt.NewAccountClaims(accountPublic), op))
	write(t, filepath.Join(dir, "nats.conf"), []byte(config))
	return []string{"--config", filepath.Join(dir, "nats.conf")}
}

// signer is an authority for certificates.
type signer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// authority makes one, with its certificate in NAME.pem.
func authority(t *testing.T, dir, name string) signer {
	t.Helper()
	s := signer{&x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil}
	s.key = s.issue(t, dir, name, s.certificate, nil)
	return s
}

// sign makes a certificate for 127.0.0.1, of a server or a client, in NAME.pem and NAME.key.
func (s signer) sign(t *testing.T, dir, name string) {
	t.Helper()
	s.issue(t, dir, name, &x509.Certificate{Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}, s.key)
}

// issue writes a certificate and its new key; by is the authority's key, nil for its own certificate.
func (s signer) issue(t *testing.T, dir, name string, c *x509.Certificate, by *ecdsa.PrivateKey) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if by == nil {
		by = key
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	public, err := x509.CreateCertificate(rand.Reader, c, s.certificate, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public}))
	write(t, filepath.Join(dir, name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	return key
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
