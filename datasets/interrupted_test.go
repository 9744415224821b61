package datasets

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The tests below run Prepare in a process of its own, which is this test program once more, to kill it or to let its
// disk fill up. These variables tell it what to do.
const (
	childRoot  = "VIDEOGAN_TEST_PREPARE_ROOT"
	childOut   = "VIDEOGAN_TEST_PREPARE_OUT"
	childLimit = "VIDEOGAN_TEST_PREPARE_LIMIT" // largest file in bytes
)

// TestPrepareChild is that process; run by itself it does nothing.
func TestPrepareChild(t *testing.T) {
	root := os.Getenv(childRoot)
	if root == "" {
		t.Skip("runs only as a child of other tests")
	}
	if limit := os.Getenv(childLimit); limit != "" {
		n, err := strconv.ParseUint(limit, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		signal.Ignore(syscall.SIGXFSZ) // so that writing fails, as on a full disk
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Println("ready")
	if _, err := prepareTest(t, root, os.Getenv(childOut)); err != nil {
		t.Fatal(err)
	}
}

func prepareChild(root, out string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run", "^TestPrepareChild$")
	cmd.Env = append(append(os.Environ(), childRoot+"="+root, childOut+"="+out), env...)
	return cmd
}

// Killed again and again, Prepare ends with the very files that it makes undisturbed.
func TestPrepareSurvivesKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	root := t.TempDir()
	for i := range 24 {
		writeVideo(t, filepath.Join(root, fmt.Sprintf("%02d.mp4", i)), 12, 96, 96)
	}
	undisturbed, out := t.TempDir(), t.TempDir()
	if _, err := prepareTest(t, root, undisturbed); err != nil {
		t.Fatal(err)
	}
	killed, halfway := 0, 0
	for delay := 10 * time.Millisecond; killAfter(t, prepareChild(root, out), delay); delay += 20 * time.Millisecond {
		killed++
		if n := len(contents(t, out)); n > 1 && n < len(contents(t, undisturbed)) {
			halfway++
		}
	}
	if t.Logf("killed %d times, %d of them with some shards written", killed, halfway); halfway == 0 {
		t.Error("never killed halfway: nothing was tested")
	}
	if result, err := prepareTest(t, root, out); err != nil || result.Decoded != 0 {
		t.Errorf("after the child that was not killed: %+v, %v", result, err)
	}
	if diff := cmp.Diff(contents(t, undisturbed), contents(t, out)); diff != "" {
		t.Errorf("other files than undisturbed:\n%.2000s", diff)
	}
	left, err := filepath.Glob(filepath.Join(out, temporaryPrefix+"*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// killAfter kills a child some time after it has begun to prepare, and reports whether it was still at it.
func killAfter(t *testing.T, cmd *exec.Cmd, delay time.Duration) bool {
	t.Helper()
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := output.Read(make([]byte, 1)); err != nil { // "ready"
		t.Fatal(err)
	}
	timer := time.AfterFunc(delay, func() { _ = cmd.Process.Kill() }) // fails only where it has ended
	defer timer.Stop()
	if _, err := io.Copy(io.Discard, output); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return true
	}
	if err != nil {
		t.Fatalf("a child that was not killed: %v", err)
	}
	return false
}

// A disk that fills up is an error that names the file, and leaves nothing half written.
func TestPrepareOnAFullDisk(t *testing.T) {
	root, out := videoFolder(t), t.TempDir()
	output, err := prepareChild(root, out, childLimit+"=15000").CombinedOutput() // a shard has about 18,000 bytes
	if err == nil || !strings.Contains(string(output), "file too large") || !strings.Contains(string(output), "datasets: preparing folder from") {
		t.Errorf("got %v:\n%s", err, output)
	}
	if left, err := filepath.Glob(filepath.Join(out, temporaryPrefix+"*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if result, err := prepareTest(t, root, out); err != nil || result.Clips != 4 {
		t.Errorf("with room again: %+v, %v", result, err)
	}
}
