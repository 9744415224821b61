package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeps runs scripts/deps.sh on made-up systems: a folder of small programs
// stands in for PATH.
func TestDeps(t *testing.T) {
	const (
		noLibraries = "exit 1"
		allOfThem   = "exit 0"
		debian12    = `case $2 in
libdnnl-dev) echo '  Candidate: 2.6.3-1' ;;
*) echo '  Candidate: 7:5.1.9-0+deb12u1' ;;
esac`
		debian13 = `echo '  Candidate: 7:7.1.1-1'`
		root     = "echo 0"
		user     = "echo 1000"
		works    = "exit 0"
	)
	// Every system has these unless the row says otherwise.
	base := map[string]string{
		"go": works, "gcc": "cat >/dev/null", "pkg-config": allOfThem, "ffmpeg": works,
		"apt-get": works, "apt-cache": debian12, "id": root,
	}
	tests := []struct {
		name    string
		system  map[string]string // "": not there
		env     string
		status  int
		prints  []string
		without string // must not be printed
		reason  string
	}{
		{"all there", nil, "", 0, []string{"deps: nothing to install"}, "apt-get",
			"a second call changes nothing"},
		{"built from source elsewhere", map[string]string{"apt-get": "", "apt-cache": ""}, "", 0,
			[]string{"deps: nothing to install"}, "cannot",
			"libraries count whoever installed them"},
		{"fresh Debian 12", map[string]string{"pkg-config": noLibraries, "ffmpeg": ""}, "DRY_RUN=1", 0,
			[]string{"deps: apt-get update", "apt-get install", "libavcodec-dev", "libswresample-dev", " ffmpeg"}, "sudo",
			"as root, no sudo"},
		{"not root", map[string]string{"pkg-config": noLibraries, "id": user}, "DRY_RUN=1", 0,
			[]string{"deps: sudo apt-get update", "deps: sudo env DEBIAN_FRONTEND=noninteractive apt-get install"}, "libdnnl-dev",
			"with sudo, and only what is missing"},
		{"neither root nor sudo", map[string]string{"pkg-config": noLibraries, "id": user}, "", 1,
			[]string{"not root, and there is no sudo", "apt-get update"}, "installed",
			"the command to run as root is printed"},
		{"no compiler", map[string]string{"gcc": ""}, "DRY_RUN=1", 0,
			[]string{"missing: gcc libc6-dev libdnnl-dev"}, "libavcodec",
			"without a compiler, headers cannot be tried"},
		{"Debian 13", map[string]string{"pkg-config": noLibraries, "apt-cache": debian13}, "", 1,
			[]string{"libavutil-dev is version 7.1.1-1 here, the build needs 5.1", "docs/install.md"}, "installed",
			"another FFmpeg is refused before it is installed"},
		{"no such package", map[string]string{"pkg-config": noLibraries, "apt-cache": works}, "", 1,
			[]string{"this system has no package libavutil-dev"}, "installed",
			"found before the installation"},
		{"another distribution", map[string]string{"pkg-config": "", "apt-get": "", "apt-cache": ""}, "", 1,
			[]string{"there is no apt-get here", "docs/install.md"}, "installed",
			"it says what to install by hand"},
		{"installation without effect", map[string]string{"pkg-config": noLibraries}, "", 1,
			[]string{"still missing after the installation: libavutil-dev"}, "deps: installed",
			"the result is checked"},
		{"no Go", map[string]string{"go": ""}, "", 1, []string{"go: not found; install Go 1."}, "nothing to install",
			"Go is not Debian's: 12 ships an older one"},
		{"old Go", map[string]string{"go": "echo 'go.mod requires go >= 1.26.0 (running go 1.19)' >&2; exit 1"}, "", 1,
			[]string{"requires go >= 1.26.0", "https://go.dev/dl/"}, "nothing to install",
			"Go's own words and what to do"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := t.TempDir()
			for _, tool := range []string{"sh", "sed", "tr", "dirname", "cat", "env"} {
				found, err := exec.LookPath(tool)
				if err != nil {
					t.Skipf("needs %s", tool)
				}
				link(t, found, filepath.Join(path, tool))
			}
			for tool, script := range base {
				if changed, ok := test.system[tool]; ok {
					script = changed
				}
				if script != "" {
					write(t, filepath.Join(path, tool), "#!/bin/sh\n"+script+"\n")
				}
			}
			cmd := exec.Command("/bin/sh", "scripts/deps.sh")
			cmd.Dir = "../.."
			cmd.Env = []string{"PATH=" + path, test.env}
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != test.status {
				t.Errorf("exit status %d, want %d: %s", got, test.status, test.reason)
			}
			for _, text := range test.prints {
				if !strings.Contains(string(out), text) {
					t.Errorf("does not print %q: %s", text, test.reason)
				}
			}
			if strings.Contains(string(out), test.without) {
				t.Errorf("prints %q: %s", test.without, test.reason)
			}
			if t.Failed() {
				t.Logf("it printed:\n%s", out)
			}
		})
	}
}

// TestMakeHelp holds the help to the Makefile's targets.
func TestMakeHelp(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("needs make")
	}
	cmd := exec.Command("make", "-s")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"help", "deps", "build", "demo", "test", "bench", "lint", "fmt", "clean"} {
		if !strings.Contains(string(out), "make "+target+" ") {
			t.Errorf("'make' without a target does not explain %s", target)
		}
	}
}

func link(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Symlink(from, to); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
