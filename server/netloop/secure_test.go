package netloop

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A dial with TLS to somebody else's server: bytes go both ways, the end comes in order, and a certificate that
// is not trusted is an error of the dial. Only the portable engine has it, and the other says so.
func TestDialTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }))
	defer s.Close()
	trusting := &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}
	engines(t, func(t *testing.T, cfg Config) {
		for name, c := range map[string]struct {
			secure *tls.Config
			want   string
		}{
			"trusted":     {trusting, ""},
			"not trusted": {&tls.Config{ServerName: "example.com"}, "unknown authority"},
			"other name":  {&tls.Config{RootCAs: trusting.RootCAs, ServerName: "example.org"}, "example.org"},
		} {
			t.Run(name, func(t *testing.T) {
				var read strings.Builder
				got := make(chan error, 1)
				h := &calls{
					open:   func(conn *Conn) { conn.Write([]byte("GET / HTTP/1.0\r\n\r\n")) },
					data:   func(_ *Conn, in []byte) int { read.Write(in); return len(in) },
					closed: func(_ *Conn, err error) { got <- err },
				}
				l := group(t, cfg).Loop(0)
				l.Post(func() { l.DialTLS("tcp", s.Listener.Addr().String(), c.secure, h, nil) })
				select {
				case err := <-got:
					want := c.want
					if !cfg.Portable {
						want = "portable engine"
					}
					switch {
					case want == "" && (err != nil || !strings.HasSuffix(read.String(), "hello")):
						t.Errorf("%v, read %q", err, read.String())
					case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
						t.Errorf("%v, want %q", err, want)
					}
				case <-time.After(patience):
					t.Fatal("hung")
				}
			})
		}
	})
}
