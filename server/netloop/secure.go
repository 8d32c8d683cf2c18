package netloop

import (
	"context"
	"crypto/tls"
	"net"
)

// shakeHands makes nc a TLS connection. It closes nc when that fails.
func shakeHands(ctx context.Context, nc net.Conn, secure *tls.Config) (net.Conn, error) {
	secured := tls.Client(nc, secure)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return secured, nil
}

// plain returns the socket below a TLS connection, or nc itself.
func plain(nc net.Conn) net.Conn {
	if secured, ok := nc.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return nc
}

// shutTLS says good-bye and then shuts the sending side of the socket: some peers look for the one, some for the other. The
// first can block, for 5 s at most, so it is not called under a loop's lock. What fails is seen by who reads.
func shutTLS(secured *tls.Conn) {
	_ = secured.CloseWrite()
	if half, ok := secured.NetConn().(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
