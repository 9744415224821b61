package house

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// floors of the house. An import goes to a lower floor; rooms of one floor do
// not know each other.
var floors = map[string]int{
	"cmd":         50,
	"experiments": 40,
	"eval":        30,
	"gan":         20,
	"temporal":    20,
	"spatial":     20,
	"datasets":    20,
	"nn/exec":     12, // compiles graphs of nn into kernels of nn/onednn
	"nn":          11, // works without exec and its kernels
	"nn/onednn":   11, // knows no graphs
	"video":       11,
}

// apart lists downward imports that are none of a room's business.
var apart = map[string][]string{
	"datasets": {"nn", "nn/exec", "nn/onednn"},       // clips, not networks
	"temporal": {"video", "nn/exec", "nn/onednn"},    // networks, not files or kernels
	"spatial":  {"video", "nn/exec", "nn/onednn"},    //
	"gan":      {"video", "nn/onednn"},               // the game, not its pixels
	"nn/exec":  {"video"},                            //
	"eval":     {"nn/onednn"},                        // kernels are exec's
	"cmd":      {"nn/onednn", "temporal", "spatial"}, // flags and help, no training logic
}

// only lists outside packages that a single room binds.
var only = map[string]string{
	"github.com/asticode/go-astiav": "video",
	"github.com/spf13/cobra":        "cmd",
}

// roomOf finds the room that a package stands in: the longest name in floors
// that its path begins with.
func roomOf(path string) (string, bool) {
	for name := path; name != ""; {
		if _, ok := floors[name]; ok {
			return name, true
		}
		name = name[:max(strings.LastIndex(name, "/"), 0)]
	}
	return "", false
}

// checkImport returns what is wrong with an import, or "".
func checkImport(from, to string) string {
	fromRoom, ok := roomOf(from)
	if !ok {
		return from + " stands in no room: give it a floor in internal/house"
	}
	for outside, room := range only {
		if (to == outside || strings.HasPrefix(to, outside+"/")) && fromRoom != room {
			return fmt.Sprintf("%s imports %s, which only %s binds", from, to, room)
		}
	}
	path, inside := strings.CutPrefix(to, module+"/")
	if !inside {
		return ""
	}
	toRoom, ok := roomOf(path)
	switch {
	case !ok:
		return fmt.Sprintf("%s imports %s, which stands in no room", from, path)
	case fromRoom == toRoom:
		return ""
	case floors[toRoom] >= floors[fromRoom]:
		return fmt.Sprintf("%s imports %s: imports go to a lower floor (%s is on %d, %s on %d)",
			from, path, fromRoom, floors[fromRoom], toRoom, floors[toRoom])
	case slices.Contains(apart[fromRoom], toRoom):
		return fmt.Sprintf("%s imports %s: %s is none of the business of %s", from, path, toRoom, fromRoom)
	}
	return ""
}

func TestImportsPointDown(t *testing.T) {
	for _, p := range packages(t) {
		if p.room() == "internal/house" {
			continue
		}
		for _, to := range p.Imports {
			if problem := checkImport(p.room(), to); problem != "" {
				t.Error(problem)
			}
		}
	}
}

func TestCheckImport(t *testing.T) {
	tests := []struct {
		from, to string
		allowed  bool
		reason   string
	}{
		{"experiments", "videogan/gan", true, "two floors down"},
		{"gan", "videogan/experiments", false, "up"},
		{"gan", "videogan/temporal", false, "same floor"},
		{"datasets", "videogan/nn", false, "clips, not networks"},
		{"datasets", "videogan/datasets/mnist", true, "within a room"},
		{"datasets/mnist", "videogan/video", true, "a part of a room stands on its floor"},
		{"nn", "videogan/nn/exec", false, "the reference works without the compiler"},
		{"nn/exec", "videogan/nn", true, "it compiles nn's graphs"},
		{"nn/exec", "videogan/nn/onednn", true, "into these kernels"},
		{"nn/onednn", "videogan/nn", false, "kernels know no graphs"},
		{"video", "github.com/asticode/go-astiav", true, "the binding's one room"},
		{"datasets", "github.com/asticode/go-astiav", false, "through video instead"},
		{"attic", "videogan/nn", false, "no such room"},
		{"gan", "videogan/attic", false, "no such room"},
		{"gan", "gonum.org/v1/gonum/mat", true, "outside"},
	}
	for _, test := range tests {
		if problem := checkImport(test.from, test.to); (problem == "") != test.allowed {
			t.Errorf("%s → %s: %q: %s", test.from, test.to, problem, test.reason)
		}
	}
}

// TestOnlyBindingsAreC keeps C where a library is bound: oneDNN's kernels and
// FFmpeg.
func TestOnlyBindingsAreC(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.CgoFiles) > 0 && p.room() != "nn/onednn" && p.room() != "video" {
			t.Errorf("%s: %s imports C, which only nn/onednn and video do", p.room(), strings.Join(p.CgoFiles, ", "))
		}
	}
}
