package datasets

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// listed is a line of a split list: Archery/v_Archery_g08_c01.avi 3, without the number in the lists of test clips.
type listed struct {
	class string // the folder
	file  string // the file's name without folder
	label int    // 1-based number of the class, 0 where the line has none
	line  int    // for messages
}

// parseSplitList reads a trainlistNN.txt or testlistNN.txt of UCF101. Lines end with LF or CRLF; empty lines are passed
// over. An error names the line and says what was expected.
func parseSplitList(r io.Reader, name string) ([]listed, error) {
	var list []listed
	seen := map[string]int{}
	err := eachLine(r, name, func(number int, line string) error {
		fields := strings.Fields(line)
		entry := listed{class: path.Dir(fields[0]), file: path.Base(fields[0]), line: number}
		ok := len(fields) <= 2 && strings.Count(fields[0], "/") == 1 && entry.class != "" && entry.class != "." && entry.class != "/" && clipName.MatchString(entry.file)
		if ok && len(fields) == 2 {
			label, err := strconv.Atoi(fields[1])
			ok = err == nil && label >= 1
			entry.label = label
		}
		if !ok {
			return fmt.Errorf("%.80q: want Class/v_Class_gNN_cNN.avi, and in a list of training clips the number of the class: %w", line, ErrFormat)
		}
		if first, twice := seen[clipKey(entry.file)]; twice {
			return fmt.Errorf("%s stands on line %d already: %w", entry.file, first, ErrFormat)
		}
		seen[clipKey(entry.file)] = number
		list = append(list, entry)
		return nil
	})
	return list, err
}

// parseClassIndex reads classInd.txt of UCF101, lines such as "3 Archery", numbered from 1 without a gap.
func parseClassIndex(r io.Reader, name string) ([]string, error) {
	var classes []string
	seen := map[string]bool{}
	err := eachLine(r, name, func(_ int, line string) error {
		fields := strings.Fields(line)
		if len(fields) != 2 || fields[0] != strconv.Itoa(len(classes)+1) || strings.ContainsAny(fields[1], `/\`) {
			return fmt.Errorf("%.80q: want %q and the name of a class: %w", line, strconv.Itoa(len(classes)+1), ErrFormat)
		}
		if seen[classKey(fields[1])] {
			return fmt.Errorf("class %s stands there twice: %w", fields[1], ErrFormat)
		}
		seen[classKey(fields[1])] = true
		classes = append(classes, fields[1])
		return nil
	})
	return classes, err
}

// eachLine calls parse for every line that is not blank, with its number from 1, and names file and line in errors.
func eachLine(r io.Reader, name string, parse func(number int, line string) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<16)
	number, used := 0, 0
	for scanner.Scan() {
		number++
		line := scanner.Bytes()
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")) // a byte order mark
		}
		text := strings.TrimSpace(string(line))
		if text == "" {
			continue
		}
		used++
		if err := parse(number, text); err != nil {
			return fmt.Errorf("datasets: %s: line %d: %w", name, number, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("datasets: %s: line %d: %w: %w", name, number+1, err, ErrFormat)
	}
	if used == 0 {
		return fmt.Errorf("datasets: %s is empty: %w", name, ErrFormat)
	}
	return nil
}

// readList parses a file with one of the parsers above.
func readList[T any](name string, parse func(io.Reader, string) ([]T, error)) ([]T, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("datasets: opening list: %w", err)
	}
	defer file.Close()
	return parse(file, name)
}

// clipName is how UCF101's files are called: v_Archery_g08_c01.avi.
var clipName = regexp.MustCompile(`^v_([A-Za-z0-9]+)_g([0-9]{1,4})_c([0-9]{1,4})\.[A-Za-z0-9]+$`)

// clipKey is what the name of a clip is compared by: without extension, so that re-encoded clips are found, and without
// case, since the class HandstandPushups has files v_HandStandPushups_….
func clipKey(file string) string {
	return strings.ToLower(strings.TrimSuffix(file, path.Ext(file)))
}

func classKey(class string) string { return strings.ToLower(class) }
