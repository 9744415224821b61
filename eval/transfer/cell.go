package transfer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Cell is one classifier of a study: all that decides how it does.
type Cell struct {
	// Network is SHA-256 of the GAN's checkpoint, or, where a method begins at random, of the architecture.
	Network  string  `json:"network"`
	Method   Method  `json:"method"`
	Labels   float64 `json:"labels"`   // share of the training videos
	Classes  int     `json:"classes"`  // number of classes
	Split    int     `json:"split"`    // of the data
	Seed     uint64  `json:"seed"`     // of labels, order, dropout, head and random weights
	Protocol string  `json:"protocol"` // hash of what all cells have in common: Training and the data
}

// record is a line of the file of finished cells.
type record struct {
	Cell Cell `json:"cell"`
	outcome
	Videos  int     `json:"videos"`  // that had labels
	Seconds float64 `json:"seconds"` // wall-clock
}

// ledger are the finished cells in a file, a JSON object a line.
type ledger struct {
	path string
	of   map[Cell]record
}

// openLedger reads the cells in a file. The last line may be cut: its cell is measured again.
func openLedger(path string) (*ledger, error) {
	l := &ledger{path: path, of: map[Cell]record{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("transfer: read finished cells: %w", err)
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	lines := bufio.NewScanner(bytes.NewReader(whole))
	lines.Buffer(nil, 1<<24)
	for number := 1; lines.Scan(); number++ {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("transfer: %s: line %d: %w: remove the line, or choose another folder", path, number, err)
		}
		l.of[r.Cell] = r
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("transfer: read %s: %w", path, err)
	}
	if len(whole) < len(text) {
		if err := os.Truncate(path, int64(len(whole))); err != nil {
			return nil, fmt.Errorf("transfer: cut an unfinished line off %s: %w", path, err)
		}
	}
	return l, nil
}

// add keeps a finished cell: it is on the disk when add returns.
func (l *ledger) add(r record) (err error) {
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("transfer: keep a cell: %w", err)
	}
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = file.Write(append(line, '\n'))
		if err == nil {
			err = file.Sync()
		}
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return fmt.Errorf("transfer: keep a cell in %s: %w", l.path, err)
	}
	l.of[r.Cell] = r
	return nil
}
