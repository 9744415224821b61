package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Result is a score with all that is needed to repeat it, as it stands in scores/NAME.json of a run folder.
type Result struct {
	Name   string    `json:"name"` // of the file, without .json: "inception-score-small-ema-step-010000"
	Value  float64   `json:"value"`
	Std    float64   `json:"std"`              // over Values; 0 for a single one
	Values []float64 `json:"values,omitempty"` // one a split, repeat or subset
	// Histogram counts clips by class, of all repeats (modes).
	Histogram []int    `json:"histogram,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Protocol  Protocol `json:"protocol"`
}

// NewResult gives a score its protocol, a name made of measure, preset or classifier, and subject, and the warnings for
// classifier outputs of dims dimensions.
func NewResult(score Score, p Protocol, dims int) Result {
	parts := []string{p.Measure, p.Preset, p.Subject.Kind}
	if p.Preset == "" {
		parts[1] = p.Classifier.Name
	}
	if p.Classifier.Mode != "" && p.Classifier.Mode != ModeEval {
		parts = append(parts, string(p.Classifier.Mode))
	}
	if !p.Subject.Baseline() {
		parts = append(parts, fmt.Sprintf("step-%06d", p.Subject.Step))
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	name := unfit.ReplaceAllString(strings.Join(parts, "-"), "-")
	return Result{Name: name, Value: score.Mean, Std: score.Std, Values: score.Values, Protocol: p, Warnings: Warnings(p, dims)}
}

var (
	unfit      = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
	resultName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
)

// resultExtension ends the names of result files.
const resultExtension = ".json"

// resultFolder is where a run folder keeps its results.
const resultFolder = "scores"

// check reports ErrFormat unless the result is one that can be written and compared.
func (r Result) check() error {
	if !resultName.MatchString(r.Name) {
		return fmt.Errorf("%w: a result named %q: want letters, digits, dots, dashes and underscores", ErrFormat, r.Name)
	}
	if r.Protocol.Measure == "" {
		return fmt.Errorf("%w: a result without a measure in its protocol", ErrFormat)
	}
	for _, v := range append([]float64{r.Value, r.Std, r.Protocol.Epsilon, r.Protocol.Threshold}, r.Values...) {
		if !finite(v) {
			return fmt.Errorf("%w: a result of %v", ErrFormat, v)
		}
	}
	return nil
}

// WriteResult writes scores/NAME.json into a run folder, over an older result of that name. ErrFormat: no number that
// can be written, or no name that is a file's.
func WriteResult(run string, r Result) error {
	if err := r.check(); err != nil {
		return fmt.Errorf("eval: write result %q of %s: %w", r.Name, run, err)
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Join(run, resultFolder), 0o755)
	}
	if err == nil {
		err = writeFile(filepath.Join(run, resultFolder, r.Name+resultExtension), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("eval: write result %q of %s: %w", r.Name, run, err)
	}
	return nil
}

// ReadResults reads all results of a run folder, by name. A folder without scores has none. ErrFormat names a file that is
// no result: one that this version does not fully understand must not be compared.
func ReadResults(run string) ([]Result, error) {
	if info, err := os.Stat(run); err != nil || !info.IsDir() {
		if err == nil {
			err = fmt.Errorf("%s is no folder", run)
		}
		return nil, fmt.Errorf("eval: read results: %w", err)
	}
	entries, err := os.ReadDir(filepath.Join(run, resultFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("eval: read results: %w", err)
	}
	var results []Result
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), resultExtension)
		if !ok || entry.IsDir() || strings.HasPrefix(name, ".") {
			continue
		}
		path := filepath.Join(run, resultFolder, entry.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("eval: read results: %w", err)
		}
		r, err := parseResult(text)
		if err == nil && r.Name != name {
			err = fmt.Errorf("%w: it holds the result named %q", ErrFormat, r.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("eval: read result %s: %w", path, err)
		}
		results = append(results, r)
	}
	return results, nil
}

// parseResult reads one result and nothing else; unknown keys are refused.
func parseResult(text []byte) (Result, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var r Result
	if err := decoder.Decode(&r); err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Result{}, fmt.Errorf("%w: something follows the result", ErrFormat)
	}
	return r, r.check()
}
