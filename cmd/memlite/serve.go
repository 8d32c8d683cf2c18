package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"memlite/server"
	"memlite/server/store"
)

const defaultAddress = loopback + ":5001"

const aboutServe = `Run the reference server until SIGTERM or Ctrl-C; a second signal ends it at
once. It listens on 127.0.0.1 unless --addr says otherwise, and prints
"listening on ADDR" when it is ready (port 0 picks a free one).

Values are kept in the folder --data DIR and are there again after a restart,
also one after kill -9. With --sync always (the default) a set is answered, and
seen by others, when it is on the disk: it survives a power cut. With --sync
never it is answered when the system has it: it survives the end of the server,
not that of the machine. When a disk fails, sets are refused until a restart and
gets go on. With --memory nothing is written, and nothing survives.

--max-memory counts keys, values and an estimate of what is kept beside them. A
set that would pass it is refused; one that replaces a value by a smaller one
never is. Leave room for the rest of the process: buffers of clients, and up to a
quarter more that the runtime has not given back yet.

--metrics ADDR serves Prometheus metrics at /metrics, /healthz (200 while every
loop answers) and /debug/pprof over HTTP.`

// shutdownTime is how long a signal waits for clients to be answered and to leave. The process is to be gone within 5
// seconds, and the store wants a part of them.
const shutdownTime = 3500 * time.Millisecond

// spareFiles is how many open files the server needs beside its clients: the standard streams, listeners, epoll.
const spareFiles = 32

func newServe() *cobra.Command {
	var (
		addr       string
		data       string
		memory     bool
		maxClients = natural(1024)
		maxValue   = size(1 << 20)
		maxMemory  size
		idle       span
		loops      natural
		watch      string
	)
	dialect := choice{value: lite, choices: []string{lite, classic}, name: "dialect"}
	sync := choice{value: string(store.SyncAlways), choices: []string{string(store.SyncAlways), string(store.SyncNever)}, name: "sync"}
	cmd := &cobra.Command{
		Use:   "serve [PORT] [flags]",
		Short: "run the reference server",
		Long:  aboutServe + exitHelp("0 stopped by a signal", "2 could not start"),
		Example: `  memlite serve
  memlite serve 5002 --max-clients 64 --memory
  memlite serve --data /var/lib/memlite --sync never
  memlite serve --addr 0.0.0.0:5001          # open to the network
  memlite serve --addr unix:///tmp/memlite.sock
  memlite serve 11211 --memory --dialect classic --max-memory 1GiB --metrics :9100`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("unexpected argument %q: there is one PORT", args[1])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			m, shown, err := metricsAddress(watch)
			if err != nil {
				return &usageError{err}
			}
			open, err := whichStore(cmd, memory, store.DiskConfig{Dir: data, Sync: store.Sync(sync.value), MaxMemory: int64(maxMemory), OnCommit: m.commit})
			if err != nil {
				return err
			}
			where, err := listenAddress(args, addr, cmd.Flags().Changed("addr"))
			if err != nil {
				return &usageError{err}
			}
			if err := refuseZero(cmd, "max-clients", "max-value", "max-memory"); err != nil {
				return err
			}
			config := server.Config{Dialect: dialect.value, Version: "memlite " + version(), MaxClients: int(maxClients), MaxValue: int(maxValue), IdleTimeout: time.Duration(idle), Loops: int(loops)}
			if err := config.Validate(); err != nil {
				return &usageError{err}
			}
			limitHeap(int64(maxMemory))
			return serve(cmd, where, config, open, m, shown)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", defaultAddress, "listen on `ADDR`: host:port, :port or unix:///path")
	dialect.add(cmd, "dialect", "grammar to speak: lite or classic (memcached's own)")
	cmd.Flags().StringVar(&data, "data", "memlite-data", "keep values in the folder `DIR`")
	cmd.Flags().BoolVar(&memory, "memory", false, "keep values in memory only")
	sync.add(cmd, "sync", "when a set is safe: always (on the disk) or never (in the system's hands)")
	cmd.Flags().Var(&maxClients, "max-clients", "clients served at once; the next is refused")
	cmd.Flags().Var(&maxValue, "max-value", "largest value that is stored")
	cmd.Flags().Var(&maxMemory, "max-memory", "memory for keys and values; 0 means no limit")
	cmd.Flags().Var(&idle, "idle-timeout", "let a client go that has neither sent nor taken a byte for so long; 0 means never")
	cmd.Flags().Var(&loops, "loops", "event loops; 0 means one per core")
	cmd.Flags().StringVar(&watch, "metrics", "", "show metrics over HTTP on `ADDR`: host:port, :port or unix:///path")
	return cmd
}

// listenAddress is where to listen: at the PORT argument or at --addr. addr from the environment gives way to PORT.
func listenAddress(args []string, addr string, given bool) (address, error) {
	if len(args) == 0 {
		return parseAddress(addr)
	}
	if given {
		return address{}, errors.New("PORT and --addr say the same thing: give one of them")
	}
	if _, err := strconv.ParseUint(args[0], 10, 16); err != nil {
		return address{}, fmt.Errorf("%q is not a port from 0 to 65535; for another host use --addr", args[0])
	}
	return parseAddress(":" + args[0])
}

// A kept store is one that can say where it keeps its values.
type kept interface {
	store.Store
	fmt.Stringer
}

// whichStore returns what opens the store that the flags ask for.
func whichStore(cmd *cobra.Command, memory bool, disk store.DiskConfig) (open func() (kept, error), err error) {
	which := overriding(cmd, "data", "memory")
	switch {
	case which == "" && memory:
		return nil, usagef("--data and --memory contradict each other: give one of them")
	case which == "memory" && memory:
		if cmd.Flags().Changed("sync") {
			return nil, usagef("--sync is for values on a disk, --memory keeps none there: give one of them")
		}
		return func() (kept, error) { return store.NewMemoryWith(store.MemoryConfig{MaxMemory: disk.MaxMemory}), nil }, nil
	case disk.Dir == "":
		return nil, usagef("--data needs a folder")
	}
	disk.Logger = operatorLog(cmd)
	return func() (kept, error) { return store.OpenDisk(disk) }, nil
}

func serve(cmd *cobra.Command, where address, config server.Config, open func() (kept, error), m *metrics, shown *address) (err error) {
	ln, err := net.Listen(where.network, where.place)
	if err != nil {
		return err
	}
	// After Listen, because "address in use" is what somebody should read who starts the same server twice. Clients that
	// come before the values are read wait.
	values, err := open()
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	// Last of all: until the server has stopped, sets may come.
	defer func() { err = errors.Join(err, values.Close()) }()
	config.Store, config.Logger = values, operatorLog(cmd)
	s, err := server.New(config)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	warnOfFileLimit(cmd.ErrOrStderr(), config.MaxClients)
	bound := addressOf(ln.Addr())
	reach := "from the network, by anyone"
	if bound.onLoopback() {
		reach = "from this machine only (--addr changes that)"
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "memlite serve: reachable %s; values are kept in %s\n", reach, values)
	if shown != nil {
		at, stop, err := m.listen(*shown, s, config.Logger)
		if err != nil {
			return errors.Join(err, ln.Close())
		}
		defer stop()
		fmt.Fprintf(cmd.ErrOrStderr(), "memlite serve: metrics on %s\n", at)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ln) }()
	fmt.Fprintf(cmd.OutOrStdout(), "listening on %s\n", bound)

	select {
	case err := <-ended:
		return err
	case <-cmd.Context().Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	// A client that would not leave was cut off in the end: that is no failure of the server.
	return <-ended
}

// metricsAddress is where to show metrics; nil means nowhere.
func metricsAddress(s string) (*metrics, *address, error) {
	m := newMetrics()
	if s == "" {
		return m, nil, nil
	}
	where, err := parseAddress(s)
	if err != nil {
		return nil, nil, fmt.Errorf("--metrics: %w", err)
	}
	return m, &where, nil
}

// limitHeap has the collector run earlier when values fill the memory that they may: by itself it would let garbage take as
// much again. An operator's GOMEMLIMIT comes first.
func limitHeap(values int64) {
	if values > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(values + values/4 + 128<<20)
	}
}

// operatorLog tells of trouble. What is as it should be the server says nothing of: "listening on" has said it.
func operatorLog(cmd *cobra.Command) *slog.Logger {
	return slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// warnOfFileLimit says so if the system will not let the server have the clients it allows.
func warnOfFileLimit(w io.Writer, clients int) {
	if limit, known := fileLimit(); known && limit < uint64(clients)+spareFiles {
		fmt.Fprintf(w, "memlite serve: warning: this process may open %d files, too few for %d clients; raise it with: ulimit -n %d\n",
			limit, clients, clients+spareFiles)
	}
}
