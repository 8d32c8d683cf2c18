package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"memlite/conformance/process"
)

// lifeRules are about the server's process: how it starts, how it ends, and what it leaves alone.
func lifeRules() []Rule {
	return []Rule{
		{
			ID: "DUR-08", Level: Should, Source: "it follows from decision 11", Alone: true, Restarts: true,
			Title: "the server listens on its port again at once, although clients were connected when it ended",
			Text: `The server is stopped or killed while clients are connected: idle, in the middle of a request, just told to
				leave. Started again it listens on the same port and serves; it does not have to wait until the system has forgotten the
				old connections (SO_REUSEADDR is for that).`,
			Example: `
				A> "set k 4\r\nkept\r\n"
				A< "STORED\r\n"
				- the server is killed while A is connected, and started again on its port
				B> "get k\r\n"
				B< "VALUE k 4\r\nkept\r\nEND\r\n"`,
			Pitfall: `A listener without SO_REUSEADDR: "address already in use" for a minute after the end, because the system still knows the old connections. Go and Java on Unix set it; in C, and
				with the socket module of Python, set it before bind.`,
			Check: func(t *T) {
				s := t.server()
				for _, end := range endings() {
					for i := range 6 {
						c := t.Dial()
						c.Set(t.Key(), t.Text(20))
						switch i {
						case 0:
							c.Send(t.unfinished(t.Key(), 10, "abc"))
						case 1:
							c.Send("get")
						case 2:
							c.Leave() // the server's side closes first, and keeps the connection's place in its system
						}
					}
					end.do(t)
					t.log.Note(0, "the server is started again on "+s.Addr())
					if err := s.Start(t.ctx); err != nil {
						t.startFailed(err)
					}
					t.started()
					c := t.Dial()
					c.Step("%s, all while clients were connected", end.name)
					c.InStep()
				}
			},
		},
		{
			ID: "DUR-09", Level: Should, Source: "it follows from decision 11", Alone: true, Restarts: true,
			Title: "a server that is told to stop ends within 10 seconds, although clients are connected",
			Text: `SIGTERM, what docker stop, systemd and kill send, ends the server within 10 s while clients are connected: idle, in the
				middle of a line, of a block, not reading their replies. What was acknowledged is there after a restart; what was not whole
				is not.`,
			Example: `
				A> "set k 4\r\nkept\r\n"
				A< "STORED\r\n"
				B> "set k 10\r\nhalf"
				- the server gets SIGTERM, and ends though A and B are connected
				- it is started again
				C> "get k\r\n"
				C< "VALUE k 4\r\nkept\r\nEND\r\n"`,
			Pitfall: `Threads that sit in a read and are waited for, a handler that only sets a flag which nobody looks at before the next client comes, or one that takes the signal and does
				nothing. On SIGTERM stop listening, close the connections, and exit.`,
			Check: func(t *T) {
				if runtime.GOOS == "windows" {
					t.NotRun("Windows has no SIGTERM")
				}
				v, keeps := t.newVault(), t.keeps()
				key, half, value := t.Key(), t.Key(), t.Text(100)
				c := t.Dial()
				v.set(c, key, value)
				for range 3 {
					v.set(t.Dial(), t.Key(), t.Text(1000))
				}
				t.Dial().Send(strings.TrimSuffix(t.GetRequest(key), t.Profile.LineEnd))
				t.Dial().Send(t.unfinished(key, 10, "abc"))
				t.Dial().Send(t.SetLine(half, 10))
				v.absent = append(v.absent, half)
				big := t.Key()
				v.set(c, big, t.Text(min(t.Profile.MaxValue, 256<<10)))
				t.Dial().SendBehind(strings.Repeat(t.GetRequest(big), t.Volume(64, 2))) // and reads nothing

				took, ended := t.terminate()
				if !ended {
					t.Wrong(state, fmt.Sprintf("the end of the server within %v", t.stopWithin()), fmt.Sprintf("it still ran after %v", took.Round(time.Millisecond)),
						"the server does not end when it is told to (SIGTERM) while clients are connected")
				}
				t.log.Note(0, fmt.Sprintf("it has ended after %v", took.Round(time.Millisecond)))
				t.closeAll()
				t.restart()
				if keeps {
					v.check("the server was told to stop (SIGTERM) while clients were connected, and started again")
				}
				t.Dial().InStep()
			},
		},
		{
			ID: "DUR-11", Level: Should, Source: "it follows from decision 4", Alone: true, Restarts: true,
			Title: "no key leads out of the data folder",
			Text: `Keys are bytes, not paths. With keys such as ../x or the absolute path of a file the server neither makes a file
				outside of its data folder nor shows what is in one. (Looked for beside and above the folder, and in the
				server's working folder.) Whether it refuses such keys or stores them as any other is not this rule's.`,
			Example: `
				> "set ../k 4\r\nkept\r\nget ../k\r\n"
				< "STORED\r\nVALUE ../k 4\r\nkept\r\nEND\r\n"
				- there is no file k beside the data folder
				> "get /etc/passwd\r\n"
				< "NOT-FOUND\r\n"`,
			Pitfall: `open(folder + "/" + key): whoever can reach the port can write and read files wherever the server may. Taking out "../" once is not enough ("....//" becomes it). Name
				files by a hash or in hexadecimal, or keep all keys in one file.`,
			Check: func(t *T) {
				s := t.server()
				if s.Data() == "" {
					t.NotRun("the command of --start has no {data}, so it is not known which folder is the server's")
				}
				id := t.target.token + "out" + text(t.Rand, 6, keyBytes[26:])
				secret := t.Text(30)
				outside := filepath.Dir(s.Data())
				if err := os.WriteFile(filepath.Join(outside, id+"secret"), []byte(secret), 0o644); err != nil {
					t.Inconclusive("%v", err)
				}
				v := t.newVault()
				for _, key := range Some(t, escapes(id, outside), 4) {
					v.offer(key, t.Text(20))
				}
				for _, key := range []string{"../" + id + "secret", filepath.Join(outside, id+"secret"), "x/../../" + id + "secret"} {
					c := t.Dial()
					f := t.attempt(func() {
						if value, found := c.Fetch(key); found && value == secret {
							t.Wrong(state, "a miss, or a refusal", quote([]byte(value)), "get of the key %s answers with what is in a file outside of the data folder", quote([]byte(key)))
						}
					})
					t.forget(c)
					if f != nil && f.kind == state {
						panic(f)
					}
				}
				t.looksOutside(id)
				t.stop() // for one that writes its files only then
				t.looksOutside(id)
				t.restart()
				t.Dial().InStep()
			},
		},
		{
			ID: "DUR-12", Level: Should, Source: "decision 9", Alone: true, Restarts: true,
			Title: "a server whose clients have left uses no processor time",
			Text: `Clients connect and leave in every way: told to leave, closed, reset, in the middle of a request, with only
				the sending side shut. Once they have all left the server sleeps: of several spans of half a second there is one in which
				it uses less than a tenth of one processor. Measured on Linux only.`,
			Example: `
				A> "set k 1\r\n1\r\nend\r\n"
				A< "STORED\r\n"
				A< FIN
				- the server sleeps until the next client comes`,
			Pitfall: `A read that returns nothing means that the client has gone: who asks again at once, for ever, uses a whole processor for each client that ever left. The same with
				select or poll on a connection that nobody removed, or without a timeout. Close the connection when a read returns 0.`,
			Check: func(t *T) {
				for round := range t.Times(8, 1) {
					for _, leave := range []func(*Client){(*Client).Leave, (*Client).Close, (*Client).Abort, (*Client).CloseWrite} {
						c := t.Dial()
						c.Set(t.Key(), t.Text(20))
						if round%2 == 1 {
							c.Send(t.unfinished(t.Key(), 10, "abc"))
							leave = []func(*Client){(*Client).Close, (*Client).Abort, (*Client).CloseWrite}[t.Rand.IntN(3)]
						}
						leave(c)
					}
				}
				t.idle()
				t.closeAll()
				t.idle()
				t.Dial().InStep()
			},
		},
	}
}

// keeps reports whether a value is still there after a stop without clients; where it is not, there is nothing to ask about one with.
func (t *T) keeps() bool {
	c, key, value := t.Dial(), t.Key(), t.Text(20)
	c.Set(key, value)
	t.forget(c)
	t.stop()
	t.restart()
	c = t.Dial()
	defer t.forget(c)
	got, found := c.Fetch(key)
	if found && got == value {
		return true
	}
	t.log.Note(0, "the server keeps no values when it is stopped without clients either (DUR-01 is about that), so they are not asked for here")
	return false
}

// started notes that the server runs, for those who start it without restart.
func (t *T) started() {
	t.target.life.Lock()
	defer t.target.life.Unlock()
	t.target.counted = false
}

// closeAll closes every connection.
func (t *T) closeAll() {
	t.mu.Lock()
	all := slices.Clone(t.clients)
	t.mu.Unlock()
	for _, c := range all {
		t.forget(c)
	}
}

// escapes are keys that, taken for paths, lead out of a folder to its parents. All lead to places that this suite has made.
func escapes(id, outside string) (keys []string) {
	for i, key := range []string{
		"../%", "../../%", "../../../%", "./../%", "x/../../%", "../x/../%", "..//%", "/../%", "../%/", "..\\%", "....//%", "%%2e%%2e/%", "..%%2f%",
		filepath.Join(outside, "%"), filepath.Join(filepath.Dir(outside), "%"), "file://" + filepath.Join(outside, "%"),
	} {
		key = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(key, "%%", "\x00"), "%", fmt.Sprintf("%s%d", id, i)), "\x00", "%")
		if len(key) <= 250 && !strings.ContainsAny(key, " \t") {
			keys = append(keys, key)
		}
	}
	return keys
}

// looksOutside fails the check if there is a file named after the keys with id outside of the data folder.
func (t *T) looksOutside(id string) {
	s := t.server()
	found := ""
	look := func(path string, entry fs.DirEntry) {
		if name := entry.Name(); strings.Contains(name, id) && name != id+"secret" {
			found = path
		}
	}
	_ = filepath.WalkDir(s.Folder(), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && path == s.Data() {
			return fs.SkipDir
		}
		if err == nil {
			look(path, entry)
		}
		return nil
	})
	for _, folder := range []string{s.Dir(), filepath.Dir(s.Dir()), filepath.Dir(filepath.Dir(s.Dir()))} {
		entries, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrPermission) {
			continue
		}
		for _, entry := range entries {
			look(filepath.Join(folder, entry.Name()), entry)
		}
	}
	if found != "" {
		t.Wrong(state, "no file outside of "+s.Data(), found, "a key has led the server out of its data folder: it has made %s", found)
	}
}

// idle waits for half a second in which the server sleeps: it uses next to no processor time. On a busy machine a thread that never sleeps
// gets little of it; then it counts that it is always awake.
func (t *T) idle() {
	const looks, apart, share, always, spans = 10, 50 * time.Millisecond, 0.1, 0.8, 5
	least, leastAwake := 1.0, 1.0
	for range spans {
		began, before := time.Now(), t.usage()
		var after process.Usage
		awake, most := map[int]int{}, 0
		for range looks {
			select {
			case <-time.After(apart):
			case <-t.ctx.Done():
				t.Inconclusive("%v", t.ctx.Err())
			}
			after = t.usage()
			for _, thread := range after.Awake {
				awake[thread]++
				most = max(most, awake[thread])
			}
		}
		used := float64(after.CPU-before.CPU) / float64(time.Since(began))
		nodding := float64(most) / looks
		t.log.Note(0, fmt.Sprintf("for %v the server has used %.0f%% of a processor; one of its threads was awake for %.0f%% of that time",
			time.Since(began).Round(time.Millisecond), 100*used, 100*nodding))
		if used < share && nodding < always {
			return
		}
		least, leastAwake = min(least, used), min(leastAwake, nodding)
	}
	t.Wrong(state, fmt.Sprintf("less than %.0f%% of a processor", 100*share), fmt.Sprintf("%.0f%% or more, and a thread that was awake for %.0f%% of the time", 100*least, 100*leastAwake),
		"the server does not sleep although it has nothing to do")
}

func (t *T) usage() process.Usage {
	u, known := t.server().Usage()
	if !known {
		t.NotRun("what other processes use of the processors is not known on %s", runtime.GOOS)
	}
	return u
}
