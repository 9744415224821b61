package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"videogan/eval/transfer"
	"videogan/experiments"
	"videogan/video"
)

// writeClasses writes made-up clips under UCF101's names, in its layout and with its splits 1 and 2: archery is red,
// bowling blue. Groups 1 and 2 are held out.
func writeClasses(t *testing.T, root string) {
	t.Helper()
	var train, test [2]string // a split each
	for class, name := range []string{"Archery", "Bowling"} {
		for group := 1; group <= 4; group++ {
			file := fmt.Sprintf("%s/v_%s_g%02d_c01.avi", name, name, group)
			clip := video.NewClip(6, 24, 32, 25)
			for i := range clip.Pix {
				if i%3 == 2*class {
					clip.Pix[i] = byte(180 + 10*group)
				}
			}
			coded := filepath.Join(t.TempDir(), "clip.mp4")
			if err := video.EncodeMP4(coded, clip); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(root, "UCF-101", file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(coded, path); err != nil {
				t.Fatal(err)
			}
			for split := range train {
				if group == split+1 {
					test[split] += file + "\n"
				} else {
					train[split] += fmt.Sprintf("%s %d\n", file, class+1)
				}
			}
		}
	}
	for name, text := range map[string]string{"classInd": "1 Archery\n2 Bowling\n", "trainlist01": train[0], "testlist01": test[0], "trainlist02": train[1], "testlist02": test[1]} {
		writeText(t, filepath.Join(root, "ucfTrainTestlist", name+".txt"), text)
	}
}

// The discriminators of two runs, made-up clips, the real command: tables, JSON, plots; an interrupt; the rest.
func TestTransfer(t *testing.T) {
	root, dir := t.TempDir(), t.TempDir()
	writeClasses(t, root)
	var runs []string
	for seed := 1; seed <= 2; seed++ {
		folder := experiments.Folder(filepath.Join(dir, fmt.Sprintf("tgan-seed%d", seed)))
		succeed(t, tinyArgs(folder, "data.source=ucf101", "data.root="+root, "train.steps=2", "train.sample_every=1000", fmt.Sprintf("seed=%d", seed))...)
		runs = append(runs, string(folder))
	}
	out := filepath.Join(dir, "transfer")
	args := append(append([]string{"transfer"}, runs...), "--data", root, "--out", out, "--labels", "1/3,1", "--batch", "4", "--windows", "2", "--feature-windows", "2", "--settle", "2", "--threads", "1")

	// So many steps that there is time to interrupt them.
	cmd, _, log := command(t, append(args, "--steps", "100000")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cells := filepath.Join(out, "cells.jsonl")
	for begun := time.Now(); time.Since(begun) < time.Minute && !exists(out); {
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its status is looked at
	if status := cmd.ProcessState.ExitCode(); status != exitInterrupt || !strings.Contains(log.String(), "the same command goes on from there") {
		t.Errorf("interrupted: exit status %d\n%s", status, log)
	}

	args = append(args, "--steps", "30", "--lr", "0.01")
	r := succeed(t, args...)
	for _, want := range []string{"tgan ", "random initialization", "chance", "50.0", "LABELS 1/3", "30 steps of 4 windows", "52.1"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	var results transfer.Results
	text, err := os.ReadFile(filepath.Join(out, "transfer.json"))
	if err == nil {
		err = json.Unmarshal(text, &results)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(results.Points) != 8 || results.Finished != 16 || results.Networks[1].Run != "tgan-seed2" || results.Networks[1].Steps != 2 || results.Protocol.Rate != 0.01 {
		t.Errorf("%d points of %d cells, networks %+v", len(results.Points), results.Finished, results.Networks)
	}
	for _, p := range results.Points {
		if p.Method == transfer.MethodScratch && p.Labels == 1 && p.Accuracy.Mean != 1 {
			t.Errorf("red and blue clips are told apart with accuracy %v", p.Accuracy.Mean)
		}
	}
	for _, name := range []string{"plots/accuracy-labels.svg", "plots/gain-labels.png"} {
		if !exists(filepath.Join(out, name)) {
			t.Errorf("no %s", name)
		}
	}
	before, err := os.ReadFile(cells)
	if err != nil {
		t.Fatal(err)
	}
	again := succeed(t, args...)
	if after, err := os.ReadFile(cells); err != nil || string(after) != string(before) || again.out != r.out || strings.Contains(again.errors, "msg=measured") {
		t.Errorf("the same command again measures again: %v\n%s", err, again.errors)
	}
	unseen := videogan(t, append(args, "--split", "3")...)
	checkStatus(t, "a split without lists", unseen, 1, "trainlist03.txt")
	if r = succeed(t, append(args, "--split", "2", "--methods", "probe", "--steps", "2")...); !strings.Contains(r.errors, "may have seen the test clips") {
		t.Errorf("test clips of another split's training are not warned of:\n%s", r.errors)
	}
	second := experiments.Folder(filepath.Join(dir, "split2", "tgan-seed1"))
	succeed(t, tinyArgs(second, "data.source=ucf101", "data.root="+root, "data.split=2", "train.steps=2", "train.sample_every=1000")...)
	args[2] = string(second) // in the place of seed 2
	r = succeed(t, append(args, "--split", "own")...)
	for _, want := range []string{"train split 2", "SPLIT 2", "BY SPLIT"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	if strings.Contains(r.errors, "may have seen") || strings.Count(r.errors, "msg=measured") != 8 { // all of split 2
		t.Errorf("a run's own split:\n%s", r.errors)
	}
	if text, err = os.ReadFile(filepath.Join(out, "transfer.json")); err == nil {
		results = transfer.Results{}
		err = json.Unmarshal(text, &results)
	}
	if err != nil || !results.Protocol.OwnSplit || len(results.Data) != 2 || results.Networks[1].Split != 2 || len(results.Points[0].BySplit) != 2 || len(results.Points[0].Accuracy.Values) != 1 {
		t.Errorf("%+v: %v", results, err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestTransferUsage(t *testing.T) {
	digits := experiments.Folder(filepath.Join(t.TempDir(), "digits"))
	succeed(t, tinyArgs(digits, "train.steps=1", "train.sample_every=1000")...)
	root := t.TempDir()
	writeClasses(t, root)
	out := filepath.Join(t.TempDir(), "out")
	for _, test := range []struct {
		args   string
		status int
		want   string
		reason string
	}{
		{"", 2, "requires at least 1 arg", "no run"},
		{"x", 2, "--data and --out: name the folder", "no data"},
		{"x --data y --out z --split 4", 2, "--split 4: want 1, 2, 3, all or own", "a split that there is not"},
		{"x --data y --out z --labels 2/1", 2, "--labels 2/1: want shares", "more than all labels"},
		{"x --data y --out z --labels half", 2, "--labels half: want shares", "a word for a share"},
		{"x --data y --out z --methods probe,knn", 2, "--methods probe,knn: want of", "a method that there is not"},
		{"x --data y --out z --steps 0", 2, "steps = 0", "no steps"},
		{"nowhere --data y --out z", 1, "nowhere is no run folder", "no such run"},
		{string(digits) + " --data nowhere --out " + out, 1, "nowhere", "no clips"},
		{string(digits) + " --data " + root + " --out " + out, 1, "sees clips of 1×4×16×16, the data has 3×4×16×16", "a run of grey clips on colour"},
		{string(digits) + " --data " + root + " --split own --out " + out, 2, "digits was not trained on a split of UCF101", "a run of digits has no split"},
		{string(digits) + " --data moving-mnist --out " + out, 2, "want a finite set of labelled videos", "clips without end"},
	} {
		checkStatus(t, test.reason, videogan(t, append([]string{"transfer"}, strings.Fields(test.args)...)...), test.status, test.want)
		if exists(out) {
			t.Fatalf("%s: the folder was made", test.reason)
		}
	}
}
