//go:build unix

package fleettest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// The harness itself: hosts reach each other and nobody else, a link that is down carries nothing, one that is up again does, and nothing is left.
func TestNetwork(t *testing.T) {
	proof(t)
	var prefix string
	t.Run("made", func(t *testing.T) {
		n := NewNetwork(t)
		prefix = n.prefix
		a, b := n.Host(), n.Host()
		s := StartNATS(t, a)
		greet := []string{"1", "bash", "-c", "exec 3<>/dev/tcp/" + a.Addr + "/4222; head -c 4 <&3"}
		// says is what the nats-server greets b with within a second; "" is nothing.
		says := func() string {
			out, _ := b.command("timeout", greet...).Output()
			return string(out)
		}
		if got := says(); got != "INFO" {
			t.Errorf("the other host: %q", got)
		}
		b.Down()
		if got := says(); got != "" {
			t.Errorf("with its link down: %q", got)
		}
		b.Up()
		if got := says(); got != "INFO" {
			t.Errorf("with its link up again: %q", got)
		}
		b.Cut()
		if got := says(); got != "" {
			t.Errorf("with its link cut: %q", got)
		}
		b.Mend()
		if got := says(); got != "INFO" {
			t.Errorf("with its link mended: %q", got)
		}
		if out, err := exec.Command("timeout", greet...).Output(); err == nil {
			t.Errorf("the host of the test reaches it: %q", out)
		}
		s.KillFor(0)
		if got := says(); got != "INFO" {
			t.Errorf("restarted: %q", got)
		}
	})
	if left, _ := filepath.Glob(filepath.Join(spaces, prefix+"*")); prefix != "" && len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}

// What a test left that was killed is removed by the next one.
func TestSweep(t *testing.T) {
	proof(t)
	NewNetwork(t) // or skip
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	name := "memlite-" + strconv.Itoa(gone.Process.Pid) + "-00000000-hub"
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sweep()
	if _, err := os.Stat(filepath.Join(spaces, name)); err == nil {
		t.Errorf("%s is still there", name)
		_ = exec.Command("ip", "netns", "delete", name).Run()
	}
}
