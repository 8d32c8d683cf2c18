package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"memlite/conformance/mutant"
	"memlite/server"
)

// gateServer is the server that gates are tried on, a program of its own as a newcomer's server is: the reference server, or with
// --fault the known-bad server of that name, each reply held back for --delay.
func gateServer() {
	port := flag.Int("port", 0, "")
	fault := flag.String("fault", "", "")
	delay := flag.Duration("delay", 0, "")
	flag.Parse()
	if err := serveGate(*port, *fault, *delay); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveGate(port int, fault string, delay time.Duration) error {
	ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	all := mutant.All()
	bad := slices.IndexFunc(all, func(m mutant.Mutant) bool { return m.Name == fault })
	if fault != "" && bad < 0 {
		return fmt.Errorf("there is no known-bad server %q", fault)
	}
	fmt.Println("listening on", ln.Addr())
	if delay > 0 {
		behind, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		go holdBack(ln, behind.Addr().String(), delay)
		ln = behind
	}
	if fault != "" {
		return all[bad].Serve(ln)
	}
	s, err := server.New(server.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return s.Serve(ln)
}

// holdBack hands what clients of ln send to the server at behind, and what it answers back to them after delay. Requests that come in the
// meantime wait behind it, so a client gets no more than 1/delay replies per second.
func holdBack(ln net.Listener, behind string, delay time.Duration) {
	for {
		client, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			backend, err := net.Dial("tcp", behind)
			if err != nil {
				return
			}
			defer backend.Close()
			go func() {
				_, _ = io.Copy(backend, client)
				_ = backend.(*net.TCPConn).CloseWrite()
			}()
			for buffer := make([]byte, 1<<16); ; {
				n, err := backend.Read(buffer)
				if err != nil {
					return
				}
				time.Sleep(delay)
				if _, err := client.Write(buffer[:n]); err != nil {
					return
				}
			}
		}()
	}
}
