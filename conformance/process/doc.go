// Package process runs the server under test: it starts a command on a port and in a folder of its own, notices when it ends, stops,
// kills and starts it again, and leaves nothing behind.
//
// The command goes to the shell, because that is where people try it out first: `cd build && java Server {port}` works as typed. It
// gets a process group of its own. Signals go to the whole group, as they do when somebody presses Ctrl-C, since the server is often
// not the process that was started but a child of a shell, of npm or of go run. On Linux all its processes are also known by a mark
// in their environment, so that one which has moved to another group is found too.
//
// Cleaning up does not depend on this process living long enough to do it: a small shell (see guard) waits for the end of a
// pipe that nobody else holds, and then kills the group and removes the folder.
//
// Windows has neither SIGTERM nor process groups in this sense. Starting, killing (with taskkill) and restarting work there; Terminate says
// errors.ErrUnsupported.
//
// It imports the standard library and conformance/wire, for what an address is.
//
// Rejected:
//   - splitting the command into words here: nothing that people have in their run scripts (cd, variables, redirections) would work,
//     and the quotes would be almost those of a shell;
//   - one connection to see whether it listens, on Linux: a server that dies of a client that comes and goes would never be asked
//     anything else. The kernel's table of listeners tells without disturbing it;
//   - prctl's child subreaper: it makes every orphan of this process a child that somebody has to wait for, tests' too.
package process
