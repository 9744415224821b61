package datasets

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tinyUCF101 is the official layout with three classes in the lists and clips of two on the disk; one listed clip is
// missing, and one class is spelled otherwise in its clips' names.
func tinyUCF101() map[string]string {
	return map[string]string{
		"UCF-101/Archery/v_Archery_g01_c01.avi":                   "",
		"UCF-101/Archery/v_Archery_g08_c01.avi":                   "",
		"UCF-101/Archery/notes.txt":                               "",
		"UCF-101/HandstandPushups/v_HandStandPushups_g09_c02.avi": "",
		"ucfTrainTestlist/classInd.txt":                           "1 Archery\r\n2 HandstandPushups\r\n3 YoYo\r\n",
		"ucfTrainTestlist/trainlist01.txt": "Archery/v_Archery_g08_c01.avi 1\r\nArchery/v_Archery_g08_c02.avi 1\r\n" +
			"HandstandPushups/v_HandStandPushups_g09_c02.avi 2\r\nYoYo/v_YoYo_g09_c02.avi 3\r\n",
		"ucfTrainTestlist/testlist01.txt": "Archery/v_Archery_g01_c01.avi\r\nYoYo/v_YoYo_g01_c02.avi\r\n",
	}
}

func names(files []File) []string {
	var out []string
	for _, file := range files {
		out = append(out, file.Path)
	}
	return out
}

func TestListUCF101(t *testing.T) {
	want := []File{
		{"v_Archery_g01_c01.avi", 0, 1},
		{"v_Archery_g08_c01.avi", 0, 8},
		{"v_HandStandPushups_g09_c02.avi", 1, 9},
	}
	lists := tinyUCF101()
	move := func(prefix string) map[string]string {
		out := map[string]string{}
		for name, text := range lists {
			if strings.HasPrefix(name, "ucfTrainTestlist") {
				out[name] = text
			} else if strings.HasSuffix(name, ".avi") {
				out[prefix+name[strings.LastIndex(name, "/")+1:]] = text
			}
		}
		return out
	}
	for _, row := range []struct {
		reason string
		files  map[string]string
		below  string
	}{
		{"official layout", lists, ""},
		{"official layout, the videos' folder given", lists, "/UCF-101"},
		{"flat in UCF-101", move("UCF-101/"), ""},
		{"flat", move(""), ""},
	} {
		root := writeFiles(t, row.files) + row.below
		c, err := ListUCF101(root, "")
		if err != nil {
			t.Errorf("%s: %v", row.reason, err)
			continue
		}
		got := append([]File(nil), c.Files...)
		for i := range got {
			got[i].Path = got[i].Path[strings.LastIndex(got[i].Path, "/")+1:]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
		if len(c.Classes) != 3 {
			t.Errorf("%s: classes %v, want those of classInd.txt", row.reason, c.Classes)
		}
	}
	for name := range lists {
		if strings.HasPrefix(name, "ucfTrainTestlist") {
			delete(lists, name)
		}
	}
	c, err := ListUCF101(writeFiles(t, lists), "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Archery", "HandstandPushups"}, c.Classes); diff != "" {
		t.Errorf("without lists the classes are the folders (-want +got):\n%s", diff)
	}
}

func TestSelection(t *testing.T) {
	c, err := ListUCF101(writeFiles(t, tinyUCF101()), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		reason  string
		s       Selection
		files   []string
		classes []string
		summary string
		err     error
		message string
	}{
		{"everything", Selection{}, names(c.Files), []string{"Archery", "HandstandPushups"}, "3 clips, 2 of 3 classes", nil, ""},
		{"the training clips that are there", Selection{Split: 1}, names(c.Files)[1:], []string{"Archery", "HandstandPushups"},
			"2 of 4 clips of train split 1, 2 of 3 classes", nil, ""},
		{"labels stay those of the training clips although one class has no test clip", Selection{Split: 1, Subset: Test}, names(c.Files)[:1],
			[]string{"Archery", "HandstandPushups"}, "1 of 2 clips of test split 1, 2 of 3 classes", nil, ""},
		{"one class, in any case", Selection{Split: 1, Classes: []string{"handstandpushups"}}, names(c.Files)[2:],
			[]string{"HandstandPushups"}, "1 of 4 clips of train split 1, 1 of 3 classes", nil, ""},
		{"a class that UCF101 lacks", Selection{Classes: []string{"Chess"}}, nil, nil, "", ErrNoClips, `no class "Chess"`},
		{"a class without clips", Selection{Classes: []string{"YoYo"}}, nil, nil, "", ErrNoClips, "class YoYo has no clip"},
		{"a class without clips in this split", Selection{Split: 1, Subset: Test, Classes: []string{"Archery", "HandstandPushups"}}, nil, nil, "",
			ErrNoClips, "class HandstandPushups has no clip among 2 clips of test split 1"},
		{"test clips without a split", Selection{Subset: Test}, nil, nil, "", ErrNoClips, "choose split 1, 2 or 3"},
		{"there are three splits", Selection{Split: 4}, nil, nil, "", ErrFormat, "split 4: want 1, 2, 3"},
		{"a list that is not there", Selection{Split: 2}, nil, nil, "", fs.ErrNotExist, "trainlist02.txt"},
	} {
		got, err := row.s.from(c)
		if row.err != nil {
			if !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.message) {
				t.Errorf("%s: got %v, want %v with %q", row.reason, err, row.err, row.message)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.reason, err)
			continue
		}
		if diff := cmp.Diff(row.files, names(got.files)) + cmp.Diff(row.classes, got.classes) + cmp.Diff(row.summary, got.summary); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
		for _, file := range got.files {
			if class := got.classes[file.Label]; !strings.Contains(file.Path, class) {
				t.Errorf("%s: %s has label %s", row.reason, file.Path, class)
			}
		}
	}
}

func TestBadUCF101(t *testing.T) {
	change := func(edit func(files map[string]string)) map[string]string {
		files := tinyUCF101()
		edit(files)
		return files
	}
	for _, row := range []struct {
		reason  string
		files   map[string]string
		err     error
		message string
	}{
		{"an empty folder", map[string]string{}, ErrNoClips, "holds no clip called v_<Class>_gNN_cNN.avi"},
		{"only lists", change(func(f map[string]string) {
			for name := range f {
				if strings.HasPrefix(name, "UCF") {
					delete(f, name)
				}
			}
		}), ErrNoClips, "holds no clip"},
		{"a list that names another number", change(func(f map[string]string) {
			f["ucfTrainTestlist/trainlist01.txt"] = "Archery/v_Archery_g08_c01.avi 1\r\nHandstandPushups/v_HandStandPushups_g09_c02.avi 3\r\n"
		}), ErrFormat, "trainlist01.txt: line 2: want 2 after a clip of HandstandPushups, as classInd.txt says, got 3"},
		{"a list that names an unknown class", change(func(f map[string]string) {
			f["ucfTrainTestlist/trainlist01.txt"] = "\r\nChess/v_Chess_g08_c01.avi 1\r\n"
		}), ErrFormat, "trainlist01.txt: line 2: want a class that classInd.txt names, got Chess"},
		{"a list of something else", change(func(f map[string]string) { f["ucfTrainTestlist/trainlist01.txt"] = "hello\r\n" }),
			ErrFormat, `trainlist01.txt: line 1: "hello": want Class/v_Class_gNN_cNN.avi`},
		{"a list without any clip on the disk", change(func(f map[string]string) {
			f["ucfTrainTestlist/trainlist01.txt"] = "YoYo/v_YoYo_g09_c02.avi 3\r\n"
		}), ErrNoClips, "found none of 1 clips of train split 1"},
		{"lists without classInd.txt", change(func(f map[string]string) { delete(f, "ucfTrainTestlist/classInd.txt") }), fs.ErrNotExist, "classInd.txt"},
		{"a folder that is no class", change(func(f map[string]string) { f["UCF-101/Chess/v_Chess_g01_c01.avi"] = "" }),
			ErrFormat, "is of class Chess, which"},
		{"a clip in two folders", change(func(f map[string]string) { f["UCF-101/YoYo/v_Archery_g01_c01.mp4"] = "" }), ErrFormat, "are the same clip"},
	} {
		c, err := ListUCF101(writeFiles(t, row.files), "")
		if err == nil {
			_, err = Selection{Split: 1}.from(c)
		}
		if !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.message) {
			t.Errorf("%s: got %v, want %v with %q", row.reason, err, row.err, row.message)
		}
	}
	if _, err := ListUCF101("/does/not/exist", ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: got %v", err)
	}
	files := tinyUCF101()
	files["UCF-101/Archery/other.avi"] = ""
	c, err := ListUCF101(writeFiles(t, files), "")
	if err != nil || len(c.Files) != 3 || len(c.Ignored) != 1 || c.Ignored[0].Clip != "UCF-101/Archery/other.avi" {
		t.Errorf("a video with another name: got %v, ignored %v, %v", names(c.Files), c.Ignored, err)
	}
}

func TestListFolder(t *testing.T) {
	for _, row := range []struct {
		reason  string
		files   map[string]string
		want    []File
		classes []string
		err     error
		message string
	}{
		{"a class a subfolder, at any depth", map[string]string{"b/x.MP4": "", "a/2/y.avi": "", "a/1/y.webm": "", "readme.txt": "", ".git/x.mp4": "", "a/.x.mp4": ""},
			[]File{{"a/1/y.webm", 0, 0}, {"a/2/y.avi", 0, 0}, {"b/x.MP4", 1, 0}}, []string{"a", "b"}, nil, ""},
		{"flat: no labels", map[string]string{"b.mp4": "", "a.mkv": ""}, []File{{"a.mkv", -1, 0}, {"b.mp4", -1, 0}}, nil, nil, ""},
		{"empty", map[string]string{}, nil, nil, ErrNoClips, "holds no video"},
		{"other files only", map[string]string{"a.txt": ""}, nil, nil, ErrNoClips, "holds no video"},
		{"both", map[string]string{"a.mp4": "", "c/b.mp4": ""}, nil, nil, ErrFormat, "both by itself (a.mp4) and in subfolders"},
		{"a class without a video", map[string]string{"a/x.mp4": "", "b/readme.txt": ""}, nil, nil, ErrNoClips, "class b in"},
	} {
		c, err := ListFolder(writeFiles(t, row.files))
		if row.err != nil {
			if !errors.Is(err, row.err) || !strings.Contains(err.Error(), row.message) {
				t.Errorf("%s: got %v, want %v with %q", row.reason, err, row.err, row.message)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.reason, err)
			continue
		}
		if diff := cmp.Diff(row.want, c.Files) + cmp.Diff(row.classes, c.Classes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.reason, diff)
		}
	}
	file := writeFiles(t, map[string]string{"a.mp4": ""}) + "/a.mp4"
	if _, err := ListFolder(file); !errors.Is(err, ErrFormat) {
		t.Errorf("a file in place of a folder: got %v", err)
	}
	if _, err := ListFolder("/does/not/exist"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: got %v", err)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 9537: "9,537", 583508: "583,508", 1234567: "1,234,567"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
