package datasets

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Selection says which clips of a catalogue are used.
type Selection struct {
	Split   int      // 1, 2 or 3: one of UCF101's three splits; 0: all clips, whatever their split
	Subset  Subset   // part of the split
	Classes []string // use only these classes, and number them in the order of the dataset; empty: all that have clips
}

// Subset is a part of a split.
type Subset int

// The parts of a split.
const (
	Train Subset = iota
	Test
)

// String returns "train" or "test".
func (s Subset) String() string {
	if s == Test {
		return "test"
	}
	return "train"
}

// MarshalText implements encoding.TextMarshaler.
func (s Subset) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler: train or test.
func (s *Subset) UnmarshalText(text []byte) error {
	switch string(text) {
	case "train":
		*s = Train
	case "test":
		*s = Test
	default:
		return fmt.Errorf("datasets: subset %q: want train or test", text)
	}
	return nil
}

// selected is the outcome of a selection.
type selected struct {
	files   []File   // labels index classes
	classes []string // nil when unlabelled
	summary string
}

// from applies the selection to a catalogue. Labels number the classes that have clips in the catalogue, or the chosen
// ones, so that the training and the test clips of one folder agree on them.
func (s Selection) from(c *Catalogue) (*selected, error) {
	classes, err := s.classes(c)
	if err != nil {
		return nil, err
	}
	wanted, of, err := s.split(c)
	if err != nil {
		return nil, err
	}
	out := &selected{classes: classes}
	perClass := make([]int, len(classes))
	for _, file := range c.Files {
		if wanted != nil && !wanted[clipKey(path.Base(file.Path))] {
			continue
		}
		if file.Label >= 0 {
			label := slices.Index(classes, c.Classes[file.Label])
			if label < 0 {
				continue
			}
			perClass[label]++
			file.Label = label
		}
		out.files = append(out.files, file)
	}
	if len(out.files) == 0 {
		return nil, fmt.Errorf("datasets: %s: found none of %s in %s: %w", c.Name, of, c.Root, ErrNoClips)
	}
	if len(s.Classes) > 0 {
		if i := slices.Index(perClass, 0); i >= 0 {
			return nil, fmt.Errorf("datasets: %s: class %s has no clip among %s in %s: %w", c.Name, classes[i], of, c.Root, ErrNoClips)
		}
	}
	out.summary = s.summary(c, len(out.files), len(classes), of)
	return out, nil
}

func (s Selection) summary(c *Catalogue, files, classes int, of string) string {
	text := thousands(files) + " clips"
	if s.Split != 0 {
		text = thousands(files) + " of " + of
	}
	if classes > 0 && classes < len(c.Classes) {
		return fmt.Sprintf("%s, %d of %d classes", text, classes, len(c.Classes))
	}
	if classes > 0 {
		return fmt.Sprintf("%s, %d classes", text, classes)
	}
	return text
}

// classes returns the classes used, in the catalogue's order.
func (s Selection) classes(c *Catalogue) ([]string, error) {
	present := map[string]bool{}
	for _, file := range c.Files {
		if file.Label >= 0 {
			present[c.Classes[file.Label]] = true
		}
	}
	if len(s.Classes) == 0 {
		var classes []string
		for _, class := range c.Classes {
			if present[class] {
				classes = append(classes, class)
			}
		}
		return classes, nil
	}
	chosen := map[string]bool{}
	for _, name := range s.Classes {
		i := slices.IndexFunc(c.Classes, func(class string) bool { return classKey(class) == classKey(name) })
		if i < 0 {
			return nil, fmt.Errorf("datasets: %s: there is no class %q in %s: choose of %s: %w", c.Name, name, c.Root, some(c.Classes), ErrNoClips)
		}
		if !present[c.Classes[i]] {
			return nil, fmt.Errorf("datasets: %s: class %s has no clip in %s: %w", c.Name, c.Classes[i], c.Root, ErrNoClips)
		}
		chosen[c.Classes[i]] = true
	}
	var classes []string
	for _, class := range c.Classes {
		if chosen[class] {
			classes = append(classes, class)
		}
	}
	return classes, nil
}

// split returns the keys of the clips in the chosen part of the chosen split, nil for all clips, and what they are
// called in messages.
func (s Selection) split(c *Catalogue) (wanted map[string]bool, of string, err error) {
	if s.Split == 0 {
		if s.Subset == Test {
			return nil, "", fmt.Errorf("datasets: %s: test clips belong to a split: choose split 1, 2 or 3: %w", c.Name, ErrNoClips)
		}
		return nil, thousands(len(c.Files)) + " clips", nil
	}
	if s.Split < 1 || s.Split > 3 {
		return nil, "", fmt.Errorf("datasets: %s: split %d: want 1, 2, 3, or 0 for all clips: %w", c.Name, s.Split, ErrFormat)
	}
	if c.lists == "" {
		return nil, "", fmt.Errorf("datasets: %s: split %d needs the official lists (the folder ucfTrainTestlist with %slist%02d.txt) in %s: add them, or use split 0 for all clips: %w",
			c.Name, s.Split, s.Subset, s.Split, c.Root, ErrNoClips)
	}
	name := filepath.Join(c.lists, fmt.Sprintf("%slist%02d.txt", s.Subset, s.Split))
	list, err := readList(name, parseSplitList)
	if err != nil {
		return nil, "", err
	}
	numbers := map[string]int{}
	for i, class := range c.Classes {
		numbers[classKey(class)] = i + 1
	}
	wanted = map[string]bool{}
	for _, entry := range list {
		number := numbers[classKey(entry.class)]
		if number == 0 {
			return nil, "", fmt.Errorf("datasets: %s: line %d: want a class that classInd.txt names, got %s: %w", name, entry.line, entry.class, ErrFormat)
		}
		if entry.label != 0 && entry.label != number {
			return nil, "", fmt.Errorf("datasets: %s: line %d: want %d after a clip of %s, as classInd.txt says, got %d: %w", name, entry.line, number, entry.class, entry.label, ErrFormat)
		}
		wanted[clipKey(entry.file)] = true
	}
	return wanted, fmt.Sprintf("%s clips of %s split %d", thousands(len(list)), s.Subset, s.Split), nil
}

// thousands formats 9537 as 9,537.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// some joins the first names of a list for a message.
func some(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
