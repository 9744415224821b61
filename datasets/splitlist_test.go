package datasets

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSplitList(t *testing.T) {
	for _, row := range []struct {
		reason string
		text   string
		want   []listed
		err    string // in the message; empty: no error
	}{
		{"as published, with CRLF", "Archery/v_Archery_g08_c01.avi 3\r\nYoYo/v_YoYo_g25_c05.avi 101\r\n",
			[]listed{{"Archery", "v_Archery_g08_c01.avi", 3, 1}, {"YoYo", "v_YoYo_g25_c05.avi", 101, 2}}, ""},
		{"a list of test clips has no numbers", "Archery/v_Archery_g01_c01.avi\r\n", []listed{{"Archery", "v_Archery_g01_c01.avi", 0, 1}}, ""},
		{"LF, blank lines, no newline at the end, byte order mark", "\xef\xbb\xbf\n\nArchery/v_Archery_g08_c01.avi 3",
			[]listed{{"Archery", "v_Archery_g08_c01.avi", 3, 3}}, ""},
		{"the class whose clips are spelled otherwise", "HandstandPushups/v_HandStandPushups_g01_c01.avi 37",
			[]listed{{"HandstandPushups", "v_HandStandPushups_g01_c01.avi", 37, 1}}, ""},
		{"empty", "", nil, "list.txt is empty"},
		{"only blank lines", "\r\n\r\n", nil, "list.txt is empty"},
		{"no folder", "Archery/v_Archery_g08_c01.avi 3\nv_Archery_g08_c02.avi 3\n", nil, "list.txt: line 2: \"v_Archery_g08_c02.avi 3\": want Class/v_Class_gNN_cNN.avi"},
		{"two folders", "a/Archery/v_Archery_g08_c01.avi 3", nil, "line 1"},
		{"absolute path", "/v_Archery_g08_c01.avi 3", nil, "line 1"},
		{"another kind of file", "1 ApplyEyeMakeup", nil, "line 1"},
		{"a label that is no number", "Archery/v_Archery_g08_c01.avi three", nil, "line 1"},
		{"a label below 1", "Archery/v_Archery_g08_c01.avi 0", nil, "line 1"},
		{"a third field", "Archery/v_Archery_g08_c01.avi 3 4", nil, "line 1"},
		{"a clip twice", "Archery/v_Archery_g08_c01.avi 3\nArchery/v_Archery_g08_c01.avi 3", nil, "line 2: v_Archery_g08_c01.avi stands on line 1 already"},
		{"a line without end", strings.Repeat("x", 1<<17), nil, "line 1"},
		{"a web page saved in its place", "<!DOCTYPE html>\n<html>", nil, "line 1"},
	} {
		got, err := parseSplitList(strings.NewReader(row.text), "list.txt")
		if row.err == "" {
			if err != nil {
				t.Errorf("%s: %v", row.reason, err)
			}
			if diff := cmp.Diff(row.want, got, cmp.AllowUnexported(listed{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.reason, diff)
			}
			continue
		}
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), row.err) {
			t.Errorf("%s: got %v, want ErrFormat with %q", row.reason, err, row.err)
		}
	}
}

func TestParseClassIndex(t *testing.T) {
	got, err := parseClassIndex(strings.NewReader("1 ApplyEyeMakeup\r\n2 ApplyLipstick\r\n"), "classInd.txt")
	if diff := cmp.Diff([]string{"ApplyEyeMakeup", "ApplyLipstick"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, row := range []struct{ reason, text, err string }{
		{"a number is left out", "1 A\n3 B\n", `line 2: "3 B": want "2" and the name of a class`},
		{"no name", "1\n", "line 1"},
		{"a path", "1 a/b\n", "line 1"},
		{"twice the same class", "1 A\n2 a\n", "line 2: class a stands there twice"},
		{"a split list in its place", "Archery/v_Archery_g08_c01.avi 3\n", "line 1"},
		{"empty", "", "is empty"},
	} {
		if _, err := parseClassIndex(strings.NewReader(row.text), "classInd.txt"); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), row.err) {
			t.Errorf("%s: got %v, want ErrFormat with %q", row.reason, err, row.err)
		}
	}
}

func FuzzSplitList(f *testing.F) {
	f.Add("Archery/v_Archery_g08_c01.avi 3\r\nYoYo/v_YoYo_g25_c05.avi 101\r\n")
	f.Add("Archery/v_Archery_g01_c01.avi\n")
	f.Add("1 ApplyEyeMakeup\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseSplitList(strings.NewReader(text), "list.txt")
		if err != nil && !errors.Is(err, ErrFormat) {
			t.Errorf("an error of another kind: %v", err)
		}
		if err == nil && len(list) == 0 {
			t.Error("no entry and no error")
		}
		if _, err := parseClassIndex(strings.NewReader(text), "classInd.txt"); err != nil && !errors.Is(err, ErrFormat) {
			t.Errorf("an error of another kind: %v", err)
		}
	})
}

func FuzzGolfList(f *testing.F) {
	f.Add("golf/0001.jpg 3\n")
	f.Add("../secret.jpg\n")
	f.Fuzz(func(t *testing.T, text string) {
		names, err := parseGolfList(strings.NewReader(text), "list.txt")
		if err != nil && !errors.Is(err, ErrFormat) {
			t.Errorf("an error of another kind: %v", err)
		}
		for _, name := range names {
			if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "../") {
				t.Errorf("%q leads out of the folder", name)
			}
		}
	})
}
