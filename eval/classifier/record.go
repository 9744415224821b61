package classifier

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
)

// record is a line of the metrics: the newest batch, or a test.
type record struct {
	Step      int      `json:"step"`
	Loss      float64  `json:"loss,omitempty"`
	Accuracy  float64  `json:"accuracy,omitempty"`
	TestClip  *float64 `json:"test/clip,omitempty"`
	TestVideo *float64 `json:"test/video,omitempty"`
}

func writeRecords(path string, records []record) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, r := range records {
		if err := encoder.Encode(r); err != nil {
			return fmt.Errorf("classifier: write metrics: %w", err)
		}
	}
	return writeFile(path, text.Bytes())
}

// readRecords reads the records up to a step; a file that is not there has none.
func readRecords(path string, last int) ([]record, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("classifier: read metrics: %w", err)
	}
	var records []record
	for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("classifier: %s: line %d: %w: %w", path, i+1, ErrFormat, err)
		}
		if r.Step <= last {
			records = append(records, r)
		}
	}
	return records, nil
}

// rounded keeps four decimals.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }
