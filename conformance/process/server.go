package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"memlite/conformance/wire"
)

// Config says what to start.
type Config struct {
	// Command is a line for the shell. {port} in it becomes the port to listen on, {data} an empty folder.
	Command string
	Addr    string        // where the command will listen; "" is a free port of the loopback interface
	Dir     string        // working folder; "" is this process's
	Env     []string      // NAME=value, added to this process's
	Within  time.Duration // it must listen by then; 0 is 10 s
}

const (
	port = "{port}"
	data = "{data}"

	startWithin = 10 * time.Second
	// restarts are given what the first start took many times over: the machine may be busier by then.
	startMultiple = 10
	killWithin    = 10 * time.Second
)

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	if strings.TrimSpace(c.Command) == "" {
		return errors.New("start: there is no command")
	}
	if c.Addr == "" && !strings.Contains(c.Command, port) {
		return fmt.Errorf("start %q: the command says nowhere where to listen: put {port} where its port goes, or give the address that it listens on", c.Command)
	}
	if c.Addr != "" {
		if network, _, err := wire.ParseAddr(c.Addr); err != nil {
			return err
		} else if network == "unix" && strings.Contains(c.Command, port) {
			return fmt.Errorf("start %q: %s has no port to put in place of {port}", c.Command, c.Addr)
		}
	}
	return nil
}

// Server is a command that is started, again and again, always on the same folder. Its methods may be called from any
// goroutine; what starts and stops it is for one at a time.
type Server struct {
	cfg    Config
	folder string // everything that New made
	guard  *guard
	mark   string
	output *tail
	first  time.Duration // what the first start took

	mu   sync.Mutex
	addr string
	data string
	now  *life
}

// life is one start of the command, from there to its end.
type life struct {
	group   group
	ended   chan struct{} // closed when the process that was started is no more
	how     string        // it ended, in words; to be read when ended is closed
	drained chan struct{} // closed when there will be no more output
	out     *os.File
	asked   bool          // somebody told it to end
	gone    chan struct{} // closed when nothing of it runs any more
	once    sync.Once
}

// New makes the folder and finds a port; nothing is started yet. Close has to be called.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "memlite-conform-")
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, folder: folder, output: &tail{}, mark: fmt.Sprintf("%s=%d-%s", markName, os.Getpid(), filepath.Base(folder))}
	if s.guard, err = newGuard(folder); err == nil {
		err = s.Renew(true)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Renew moves the server to another port, if that is ours to choose, and to an empty folder if fresh. It must not be running.
func (s *Server) Renew(fresh bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.addr = s.cfg.Addr; s.addr == "" {
		var err error
		if s.addr, err = freeAddr(); err != nil {
			return err
		}
	}
	if fresh {
		// Deep enough that a key such as ../../x leads to a place which is ours too.
		place, err := os.MkdirTemp(s.folder, "run-")
		if err != nil {
			return err
		}
		s.data = filepath.Join(place, "around", "data")
		return os.MkdirAll(s.data, 0o700)
	}
	return nil
}

// Addr is where the server listens.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Data is the folder that the command was given; "" where it does not ask for one.
func (s *Server) Data() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.Contains(s.cfg.Command, data) {
		return ""
	}
	return s.data
}

// Folder is the folder that everything of this server's is in. Its data is some levels below.
func (s *Server) Folder() string { return s.folder }

// Dir is the server's working folder.
func (s *Server) Dir() string {
	if s.cfg.Dir != "" {
		return s.cfg.Dir
	}
	here, _ := os.Getwd()
	return here
}

// StartTime is what the first start took.
func (s *Server) StartTime() time.Duration { return s.first }

// Within bounds a start.
func (s *Server) Within() time.Duration {
	within := s.cfg.Within
	if within == 0 {
		within = startWithin
	}
	return within + startMultiple*s.first
}

// Usage is what all of it has used of the processors so far; false where that is not known.
func (s *Server) Usage() (Usage, bool) {
	l := s.life()
	if l == nil {
		return Usage{}, false
	}
	return l.group.usage()
}

// Usage says how much a server works.
type Usage struct {
	CPU time.Duration // processor time of all threads so far
	// Awake are the threads that have a processor just now, or wait for one. Unlike CPU they tell that one never sleeps on a machine
	// whose processors are all busy with other things.
	Awake []int
}

// Mark is a place in the output, for Since.
func (s *Server) Mark() int64 { return s.output.Mark() }

// Since returns the last lines that the server wrote since mark, at most n.
func (s *Server) Since(mark int64, n int) []string { return s.output.Since(mark, n) }

// markName is the variable that all processes of a server have in their environment.
const markName = "MEMLITE_STARTED_BY"
