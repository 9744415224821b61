package experiments

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
)

// Metric is one named number of a logged step; docs/metrics.md explains every name.
type Metric struct {
	Name  string
	Value float64
}

// Record is one line of metrics.jsonl: the metrics of one step, in the order written.
type Record []Metric

// Get returns the metric called name; ok is false when the record has none, or null.
func (r Record) Get(name string) (value float64, ok bool) {
	for _, m := range r {
		if m.Name == name {
			return m.Value, true
		}
	}
	return 0, false
}

// Step returns the number of completed steps that the record describes, 0 when absent.
func (r Record) Step() int {
	step, _ := r.Get("step")
	return int(step)
}

// MarshalJSON writes an object that keeps the order; a value that is not finite is null.
func (r Record) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, m := range r {
		if i > 0 {
			text = append(text, ',')
		}
		name, err := json.Marshal(m.Name)
		if err != nil {
			return nil, err
		}
		text = append(append(text, name...), ':')
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			text = append(text, "null"...)
			continue
		}
		text = strconv.AppendFloat(text, m.Value, 'g', -1, 64)
	}
	return append(text, '}'), nil
}

// UnmarshalJSON reads an object of numbers in its order, leaving out nulls.
func (r *Record) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return errors.Join(errors.New("want an object of numbers"), err)
	}
	*r = nil
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value *float64
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("%v: %w", name, err)
		}
		if value != nil {
			*r = append(*r, Metric{Name: name.(string), Value: *value})
		}
	}
	_, err := decoder.Token()
	return err
}

// ReadMetrics reads a metrics.jsonl. A last line cut short by a power loss is left out; any
// other line that is no object of numbers is an error that names it.
func ReadMetrics(path string) ([]Record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("experiments: read metrics: %w", err)
	}
	defer f.Close()
	records, err := readRecords(f)
	if err != nil {
		return nil, fmt.Errorf("experiments: read %s: %w", path, err)
	}
	return records, nil
}

func readRecords(r io.Reader) ([]Record, error) {
	var records []Record
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return records, nil // what has no line end was cut short
		}
		if err != nil {
			return nil, err
		}
		var record Record
		if err := json.Unmarshal(line, &record); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		records = append(records, record)
	}
}

// metricsLog appends records to metrics.jsonl, each by one write.
type metricsLog struct {
	file *os.File
	path string
}

// openMetrics opens the log for what comes after step: records of later steps, left by a run
// that went on past its newest checkpoint, are cut off. It returns the records kept.
func openMetrics(path string, step int) (*metricsLog, []Record, error) {
	records, err := ReadMetrics(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	records = slices.DeleteFunc(records, func(r Record) bool { return r.Step() > step })
	err = writeFile(path, func(w io.Writer) error {
		lines := json.NewEncoder(w)
		for _, record := range records {
			if err := lines.Encode(record); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("experiments: open metrics: %w", err)
	}
	return &metricsLog{file: file, path: path}, records, nil
}

func (l *metricsLog) append(record Record) error {
	line, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("experiments: write %s: %w", l.path, err)
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("experiments: write %s: %w", l.path, err)
	}
	return nil
}

// sync makes sure that the records reach the disk, before a checkpoint that counts on them.
func (l *metricsLog) sync() error {
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("experiments: write %s: %w", l.path, err)
	}
	return nil
}

func (l *metricsLog) close() error { return l.file.Close() }
