package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"videogan/experiments"
)

// program is the binary, built once: signals and exit statuses are those of a real process.
var program string

// digitsDir is a folder with a few digits in MNIST's format: the program loads and scales all
// 60,000 otherwise, each time it starts.
var digitsDir string

func TestMain(m *testing.M) {
	status, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func buildAndRun(m *testing.M) (status int, err error) {
	dir, err := os.MkdirTemp("", "videogan-test-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program = filepath.Join(dir, "videogan")
	digitsDir = filepath.Join(dir, "digits")
	if err := writeDigits(digitsDir); err != nil {
		return 1, err
	}
	build := exec.Command("go", "build", "-o", program, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("build the program: %w", err)
	}
	return m.Run(), nil
}

// writeDigits writes forty digits, bars of ten widths, as the IDX files that MNIST comes in.
func writeDigits(dir string) error {
	const count, side = 40, 28
	images := binary32(0x803, count, side, side)
	labels := binary32(0x801, count)
	for i := range count {
		for pixel := range side * side {
			ink := byte(0)
			if x := pixel % side; x >= 4 && x < 6+2*(i%10) {
				ink = 255
			}
			images = append(images, ink)
		}
		labels = append(labels, byte(i%10))
	}
	return errors.Join(os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "train-images-idx3-ubyte"), images, 0o600),
		os.WriteFile(filepath.Join(dir, "train-labels-idx1-ubyte"), labels, 0o600))
}

// binary32 writes numbers as 32 bits each, the highest first.
func binary32(numbers ...uint32) (bytes []byte) {
	for _, n := range numbers {
		bytes = binary.BigEndian.AppendUint32(bytes, n)
	}
	return bytes
}

// result is what a command left behind.
type result struct {
	status      int
	out, errors string
}

// lastLine is the one-line error at the end of the log.
func (r result) lastLine() string {
	lines := strings.Split(strings.TrimSpace(r.errors), "\n")
	return lines[len(lines)-1]
}

// command is the program with arguments, whose caches lie in a folder of the test and whose
// waiting kernel threads sleep: packages are tested side by side on the same cores.
func command(t *testing.T, args ...string) (cmd *exec.Cmd, out, errors *bytes.Buffer) {
	t.Helper()
	cmd = exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir(), "OMP_WAIT_POLICY=passive")
	out, errors = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, errors
	return cmd, out, errors
}

// videogan runs the program to its end.
func videogan(t *testing.T, args ...string) result {
	t.Helper()
	cmd, out, log := command(t, args...)
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("videogan %s: %v", strings.Join(args, " "), err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), log.String()}
}

// succeed runs the program and fails the test unless it does its work.
func succeed(t *testing.T, args ...string) result {
	t.Helper()
	r := videogan(t, args...)
	if r.status != 0 {
		t.Fatalf("videogan %s: exit status %d:\n%s", strings.Join(args, " "), r.status, r.errors)
	}
	return r
}

// tiny are the settings of a network that trains hundreds of steps a second.
var tiny = []string{
	"data.size=16", "data.frames=4", "data.digit_size=10", "gen.temporal.channels=8,8", "gen.temporal.latent_size=6",
	"gen.temporal.output_size=6", "gen.spatial.width=4", "gen.spatial.min_width=4", "dis.width=4", "frame_dis.width=4",
	"train.batch=4", "train.samples=3", "train.log_every=1", "train.threads=1",
}

// tinyArgs are the arguments that train the tiny network into a folder.
func tinyArgs(folder experiments.Folder, settings ...string) []string {
	args := []string{"train", "tgan-small", "--out", string(folder), "--set", "data.root=" + digitsDir}
	for _, setting := range append(append([]string{}, tiny...), settings...) {
		args = append(args, "--set", setting)
	}
	return args
}

// checkStatus compares a command's exit status and its one-line error.
func checkStatus(t *testing.T, reason string, got result, status int, want string) {
	t.Helper()
	if got.status != status {
		t.Errorf("%s: exit status %d, want %d; it said:\n%s", reason, got.status, status, got.errors)
	}
	if !strings.Contains(got.lastLine(), want) {
		t.Errorf("%s: the error is\n%s\nwant in it\n%s", reason, got.lastLine(), want)
	}
}
