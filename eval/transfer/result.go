package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"videogan/eval"
)

// Files in a study's folder, beside the finished cells.
const (
	resultsFile = "transfer.json"
	plotsFolder = "plots"
)

const resultsFormat = "videogan-transfer-v1"

// Results is a study as it stands in transfer.json, with all that is needed to repeat it.
type Results struct {
	Format    string      `json:"format"`
	Version   string      `json:"version"` // of the program
	Machine   string      `json:"machine"`
	Protocol  Config      `json:"protocol"`
	Data      []DataNote  `json:"data"`
	Networks  []RunNote   `json:"networks"`
	Finished  int         `json:"finished"` // cells
	Total     int         `json:"total"`
	Seconds   float64     `json:"seconds"` // that the cells took, wall-clock
	Chance    float64     `json:"chance"`
	Points    []Point     `json:"points"`
	Published []Published `json:"published"`
}

// DataNote says what a split's clips were.
type DataNote struct {
	Split   int      `json:"split"`
	Train   string   `json:"train"`
	Test    string   `json:"test"`
	Classes []string `json:"classes"`
}

// RunNote says what a network was.
type RunNote struct {
	Model      string `json:"model"`
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"` // SHA-256
	Steps      int    `json:"steps"`
	Split      int    `json:"split"`      // that it was trained on; 0: on none, or on all clips
	Parameters int    `json:"parameters"` // of the hidden layers
	Clip       string `json:"clip"`       // C×T×H×W
	Range      string `json:"range"`
}

// Results gathers what was measured; version and machine are those of the program.
func (s *Study) Results(version, machine string) (Results, error) {
	r := Results{Format: resultsFormat, Version: version, Machine: machine, Protocol: s.Config, Finished: s.Finished, Total: s.Total, Seconds: rounded(s.Seconds),
		Chance: 1 / float64(s.classCount()), Points: s.Points(), Published: PublishedRows()}
	for _, d := range s.Data {
		train, test := d.Train.Info(), d.Test.Info()
		r.Data = append(r.Data, DataNote{d.Split, train.Name + ": " + train.Summary, test.Name + ": " + test.Summary, train.Classes})
	}
	for _, n := range s.Networks {
		params, err := n.newParams(0, false)
		if err != nil {
			return Results{}, err
		}
		r.Networks = append(r.Networks, RunNote{n.Model, n.Run, n.Checkpoint, n.Steps, n.Split, params.Count(""),
			fmt.Sprintf("%d×%d×%d×%d", n.Shape.Channels, n.Shape.Frames, n.Shape.Height, n.Shape.Width), n.Range.String()})
	}
	return r, nil
}

// Scores are the accuracies with all labels and all classes as results that 'videogan compare' sets side by side, one a
// model and method.
func (s *Study) Scores(version string) []eval.Result {
	t, d := s.Config.Training, s.Data[0]
	var splits []string
	for _, d := range s.Data {
		splits = append(splits, fmt.Sprintf("testlist%02d.txt", d.Split))
	}
	var results []eval.Result
	for _, p := range s.Points() {
		if p.Labels != 1 || p.Classes != s.classCount() {
			continue
		}
		checkpoints := sha256.New()
		var n *Network // any of the model's
		for _, of := range s.Networks {
			if of.Model == p.Model {
				fmt.Fprintln(checkpoints, of.Checkpoint)
				n = of
			}
		}
		protocol := eval.Protocol{
			Measure:    eval.MeasureTransfer,
			Classifier: eval.Classifier{Name: "linear head", Mode: eval.ModeEval, Layer: t.Layer},
			Input:      eval.Input{Frames: n.Shape.Frames, Range: n.Range.String(), Width: n.Shape.Width, Height: n.Shape.Height},
			Samples:    len(d.Test.Clips()), Repeats: len(p.Accuracy.Values), Splits: len(s.Data),
			Reference: eval.Reference{Dataset: d.Train.Info().Name, IndexHash: s.protocol, Split: strings.Join(splits, " "), Samples: int(p.Videos)},
			Transfer: eval.Transfer{Method: string(p.Method), Labels: p.Labels, Classes: p.Classes, Dropout: t.Dropout, Rate: t.Rate, Beta1: t.Beta1, Beta2: t.Beta2,
				Steps: t.Steps, Batch: t.Batch, Windows: t.Windows, Features: t.Features, Settle: t.Settle, Standardized: t.Standardize, OwnSplit: s.Config.OwnSplit},
			Seed: s.Config.Seed, Version: version,
			Subject: eval.Subject{Kind: p.Model, Checkpoint: hex.EncodeToString(checkpoints.Sum(nil)), Step: n.Steps},
		}
		name := unfit.ReplaceAllString(fmt.Sprintf("%s-%s-%s", eval.MeasureTransfer, p.Model, p.Method), "-")
		results = append(results, eval.Result{Name: name, Value: p.Accuracy.Mean, Std: p.Accuracy.Std, Values: p.Accuracy.Values, Protocol: protocol})
	}
	return results
}

// unfit is what has no place in a file's name.
var unfit = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// Write leaves the results in the study's folder: transfer.json, plots/ and scores/.
func (s *Study) Write(dir, version, machine string) error {
	results, err := s.Results(version, machine)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return fmt.Errorf("transfer: write results: %w", err)
	}
	if err := writeFile(filepath.Join(dir, resultsFile), append(text, '\n')); err != nil {
		return err
	}
	for _, score := range s.Scores(version) {
		if err := eval.WriteResult(dir, score); err != nil {
			return fmt.Errorf("transfer: %w", err)
		}
	}
	return s.WritePlots(filepath.Join(dir, plotsFolder))
}

// writeFile writes a file whole or not at all.
func writeFile(path string, data []byte) error {
	temporary := path + ".tmp"
	err := os.WriteFile(temporary, data, 0o644)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("transfer: write %s: %w", path, err), removed(temporary))
	}
	return nil
}

// removed removes a file that may not be there.
func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("transfer: remove %s: %w", path, err)
	}
	return nil
}
