package house

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"
)

// textRules are about any line of any text file of the project.
var textRules = []struct {
	name   string
	broken *regexp.Regexp
	reason string
}{
	{"machine paths", regexp.MustCompile(`(^|[^\w./\-])/(work|root|tmp|home)/`),
		"a path of one machine means nothing on another: use a relative path, or t.TempDir in tests"},
	{"outside folders", regexp.MustCompile(`(^|[^\w./\-])(\.\./)*shared/|\.\./shared\b`),
		"the project carries what it needs"},
	{"reminders", regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`),
		"do it, or file an issue"},
}

func TestText(t *testing.T) {
	for _, name := range trackedFiles(t) {
		if name == "LICENSE" || name == "internal/house/text_test.go" || strings.Contains("/"+name, "/testdata/") && path.Ext(name) != ".md" {
			continue
		}
		text, ok := readText(t, name)
		if !ok {
			continue
		}
		for _, problem := range checkText(name, text) {
			t.Error(problem)
		}
	}
}

func checkText(name, text string) []string {
	var problems []string
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, rule := range textRules {
			if found := rule.broken.FindString(line); found != "" {
				problems = append(problems, fmt.Sprintf("%s:%d: %s: %q: %s", name, number, rule.name, found, rule.reason))
			}
		}
	}
	return problems
}

func TestCheckText(t *testing.T) {
	tests := []struct {
		line   string
		broken bool
		reason string
	}{
		{"cd /work/main", true, "a path of one machine"},
		{"open(\"/tmp/x.mp4\")", true, "quoted"},
		{"/home/me/data", true, "at the start of a line"},
		{"https://example.org/home/page", false, "the path of an address"},
		{"runs/tmp/x", false, "a relative path"},
		{"$HOME/go/bin", false, "whoever's home"},
		{"/proc/cpuinfo", false, "the same on every Linux"},
		{"see ../shared/golden", true, "a folder outside the project"},
		{"see shared/golden", true, "likewise"},
		{"weights are shared", false, "the word alone"},
		{"FIX" + "ME later", true, "a reminder"},
		{"TO" + "DOs", false, "not the marker"},
	}
	for _, test := range tests {
		if got := len(checkText("x", test.line)) > 0; got != test.broken {
			t.Errorf("%q: broken is %v, want %v: %s", test.line, got, test.broken, test.reason)
		}
	}
}
