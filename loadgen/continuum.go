package loadgen

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"sort"
	"strings"
)

// continuum spreads keys over servers by consistent hashing, as memcached's clients do it: ketama with MD5 (R. Jones,
// Last.fm, 2007), every server at the same weight. Each server has 160 points on a circle of 32 bits: 40 hashes of
// its name and a number, four points in each. A key belongs to the server of the first point at or after its own.
// With the same names, libmemcached (MEMCACHED_BEHAVIOR_KETAMA_WEIGHTED) and those that follow it look for
// a key where it was put here; testdata/ketama.txt is what libmemcached says.
type continuum []point

type point struct {
	at     uint32
	server int
}

const (
	hashesPerServer = 40 // per server
	pointsPerHash   = 4
	memcachedPort   = "11211" // left out of a server's name in the hash
)

// newContinuum returns the continuum of servers in the order of the targets.
func newContinuum(targets []target) continuum {
	c := make(continuum, 0, len(targets)*hashesPerServer*pointsPerHash)
	for server, t := range targets {
		for i := range hashesPerServer {
			sum := md5.Sum(fmt.Appendf(nil, "%s-%d", t.hashedName(), i))
			for part := range pointsPerHash {
				c = append(c, point{binary.LittleEndian.Uint32(sum[4*part:]), server})
			}
		}
	}
	slices.SortStableFunc(c, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	return c
}

// server returns the number of the server that a key belongs to.
func (c continuum) server(key []byte) int {
	sum := md5.Sum(key)
	at := binary.LittleEndian.Uint32(sum[:])
	i := sort.Search(len(c), func(i int) bool { return c[i].at >= at })
	if i == len(c) {
		i = 0
	}
	return c[i].server
}

// hashedName is the server's name as libmemcached hashes it: the host and port as they were given, without brackets and
// without the usual port; of a Unix socket the path, with the port 0.
func (t target) hashedName() string {
	if t.network == "unix" {
		return strings.TrimPrefix(t.address, "unix://") + ":0"
	}
	host, port, _ := net.SplitHostPort(t.address)
	if port == memcachedPort {
		return host
	}
	return host + ":" + port
}
