package house

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

var (
	inlineLink  = regexp.MustCompile(`\]\(\s*<?([^)\s>]+)>?[^)]*\)`)
	defineLink  = regexp.MustCompile(`^\s{0,3}\[[^\]]+\]:\s+<?(\S+?)>?(\s|$)`)
	sourceLink  = regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	codeSpan    = regexp.MustCompile("`[^`]*`")
	htmlAnchor  = regexp.MustCompile(`(?:id|name)="([^"]+)"`)
	headingLine = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*\s*$`)
	linkText    = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
)

// TestLinksLeadSomewhere follows every relative link of every Markdown file, to
// the file and to the heading.
func TestLinksLeadSomewhere(t *testing.T) {
	files := os.DirFS(root)
	for _, name := range trackedFiles(t) {
		if path.Ext(name) != ".md" {
			continue
		}
		for _, problem := range checkLinks(files, name) {
			t.Error(problem)
		}
	}
}

func checkLinks(files fs.FS, name string) []string {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	for number, line := range proseLines(string(text)) {
		for _, target := range linkTargets(line) {
			if problem := checkLink(files, name, target); problem != "" {
				problems = append(problems, fmt.Sprintf("%s:%d: link to %s: %s", name, number, target, problem))
			}
		}
	}
	return problems
}

func linkTargets(line string) []string {
	line = codeSpan.ReplaceAllString(line, "``")
	var targets []string
	for _, pattern := range []*regexp.Regexp{inlineLink, defineLink, sourceLink} {
		for _, match := range pattern.FindAllStringSubmatch(line, -1) {
			targets = append(targets, match[1])
		}
	}
	return targets
}

func checkLink(files fs.FS, from, target string) string {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme != "" || u.Host != "":
		return "" // another site: not asked
	}
	to := from
	if u.Path != "" {
		to = path.Join(path.Dir(from), u.Path)
	}
	if !fs.ValidPath(to) {
		return "leaves the project"
	}
	if _, err := fs.Stat(files, to); err != nil {
		return "there is no " + to
	}
	if u.Fragment == "" || path.Ext(to) != ".md" {
		return ""
	}
	text, err := fs.ReadFile(files, to)
	if err != nil {
		return err.Error()
	}
	if !anchors(string(text))[u.Fragment] {
		return "there is no such heading in " + to
	}
	return ""
}

// proseLines yields a Markdown text's lines, numbered from 1, without those of
// fenced code.
func proseLines(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		number, fence := 0, ""
		for line := range strings.Lines(text) {
			number++
			trimmed := strings.TrimSpace(line)
			switch {
			case fence != "":
				if strings.HasPrefix(trimmed, fence) {
					fence = ""
				}
				continue
			case strings.HasPrefix(trimmed, "```"):
				fence = "```"
				continue
			case strings.HasPrefix(trimmed, "~~~"):
				fence = "~~~"
				continue
			}
			if !yield(number, strings.TrimRight(line, "\r\n")) {
				return
			}
		}
	}
}

// anchors lists where links into a Markdown file can lead: its headings as
// GitHub names them, and ids set in HTML.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, line := range proseLines(text) {
		for _, match := range htmlAnchor.FindAllStringSubmatch(line, -1) {
			found[match[1]] = true
		}
		match := headingLine.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		base := slug(match[1])
		name := base
		for i := 1; found[name]; i++ {
			name = fmt.Sprintf("%s-%d", base, i)
		}
		found[name] = true
	}
	return found
}

// slug is the name that GitHub gives a heading: lower case, spaces as hyphens,
// all but letters, digits and underscores dropped.
func slug(heading string) string {
	heading = linkText.ReplaceAllString(heading, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || unicode.Is(unicode.Pc, r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

func TestCheckLinks(t *testing.T) {
	files := fstest.MapFS{
		"README.md": {Data: []byte("# Top\n\n[a](docs/a.md) [b](docs/a.md#step-1-go) [c](docs/none.md) [d](#top) [e](#bottom)\n" +
			"![x](docs/x.png) <img src=\"docs/y.png\"> [web](https://example.org/none.md#x) `[code](none)`\n" +
			"```\n[fenced](none.md)\n```\n[up](../outside.md) [anchor](docs/a.md#set) [r][ref]\n[ref]: docs/gone.md \"title\"\n")},
		"docs/a.md":  {Data: []byte("## Step 1: `go`\n[back](../README.md#top) [folder](.)\n<a id=\"set\"></a>\n")},
		"docs/x.png": {},
	}
	want := []string{
		"README.md:3: link to docs/none.md: there is no docs/none.md",
		"README.md:3: link to #bottom: there is no such heading in README.md",
		"README.md:4: link to docs/y.png: there is no docs/y.png",
		"README.md:8: link to ../outside.md: leaves the project",
		"README.md:9: link to docs/gone.md: there is no docs/gone.md",
	}
	if diff := cmp.Diff(want, checkLinks(files, "README.md")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := checkLinks(files, "docs/a.md"); got != nil {
		t.Errorf("got %q, want none", got)
	}
}

func TestAnchors(t *testing.T) {
	got := anchors("# What's new in G₀?\n## Step 1: `make demo`\n## Twice\n## Twice\n## [Link](x.md) here\n```\n# code\n```\n")
	want := map[string]bool{"whats-new-in-g": true, "step-1-make-demo": true, "twice": true, "twice-1": true, "link-here": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
