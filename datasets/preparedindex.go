package datasets

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// indexName is the file in a prepared folder that says what the shards hold. It is replaced as a whole after every
// shard, so that what it names is always there.
const indexName = "index.jsonl"

// preparedFormat and preparedVersion stand in the first line of the index.
const (
	preparedFormat  = "videogan-prepared"
	preparedVersion = 1
)

// preparedHeader is the first line of the index: what all clips have in common.
type preparedHeader struct {
	Format     string        `json:"format"`
	Version    int           `json:"version"`
	Dataset    string        `json:"dataset"`
	Size       int           `json:"size"`       // height and width of the frames
	Preprocess Preprocessing `json:"preprocess"` // how frames became squares
	FPS        float64       `json:"fps"`        // 0: the videos' own frames
	Complete   bool          `json:"complete"`   // every file of the dataset is in the index
	Classes    []string      `json:"classes"`
}

// preparedClip is any other line of the index: a clip, or a file that could not be decoded.
type preparedClip struct {
	File    string `json:"file"` // relative to the dataset's root
	Class   string `json:"class,omitempty"`
	Group   int    `json:"group,omitempty"`
	Shard   int    `json:"shard"`
	Start   int    `json:"start"`  // first frame in the shard
	Length  int    `json:"length"` // frames
	Bytes   int64  `json:"bytes"`  // size of the video file
	Skipped string `json:"skipped,omitempty"`
}

// preparedIndex is the whole index.
type preparedIndex struct {
	preparedHeader
	clips []preparedClip
}

// parsePreparedIndex reads an index and checks that it makes sense by itself.
func parsePreparedIndex(r io.Reader) (*preparedIndex, error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	index := &preparedIndex{}
	labels := map[string]bool{}
	seen := map[string]bool{}
	for number := 1; scanner.Scan(); number++ {
		var err error
		if number == 1 {
			err = index.parseHeader(scanner.Bytes())
			for _, class := range index.Classes {
				labels[class] = true
			}
		} else {
			var clip preparedClip
			if err = json.Unmarshal(scanner.Bytes(), &clip); err == nil {
				err = clip.check(labels, seen)
			}
			index.clips = append(index.clips, clip)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w: %w", number, err, ErrFormat)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrFormat)
	}
	if index.Format == "" {
		return nil, fmt.Errorf("it is empty: %w", ErrFormat)
	}
	return index, nil
}

func (x *preparedIndex) parseHeader(line []byte) error {
	if err := json.Unmarshal(line, &x.preparedHeader); err != nil {
		return err
	}
	if x.Format != preparedFormat || x.Version != preparedVersion {
		return fmt.Errorf("format %.40q version %d: want %q version %d", x.Format, x.Version, preparedFormat, preparedVersion)
	}
	return checkWindow(1, x.Size)
}

// check reports what is wrong with a line of the index. Positions are held to the shards when these are mapped.
func (c preparedClip) check(classes, seen map[string]bool) error {
	switch {
	case c.File == "":
		return fmt.Errorf("a clip without a file")
	case seen[c.File]:
		return fmt.Errorf("%s stands there twice", c.File)
	case c.Skipped == "" && (c.Shard < 0 || c.Start < 0 || c.Length < 1):
		return fmt.Errorf("%s: shard %d, start %d, length %d", c.File, c.Shard, c.Start, c.Length)
	case c.Class != "" && !classes[c.Class], c.Class == "" && len(classes) > 0:
		return fmt.Errorf("%s: class %q is not one of the %d classes", c.File, c.Class, len(classes))
	}
	seen[c.File] = true
	return nil
}

// readPreparedIndex reads the index of a folder; fs.ErrNotExist is in the error where there is none.
func readPreparedIndex(dir string) (*preparedIndex, error) {
	name := filepath.Join(dir, indexName)
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	index, err := parsePreparedIndex(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return index, nil
}

// write replaces the index of a folder.
func (x *preparedIndex) write(dir string) error {
	var lines bytes.Buffer
	encode := json.NewEncoder(&lines)
	encode.SetEscapeHTML(false)
	if err := encode.Encode(x.preparedHeader); err != nil {
		return err
	}
	for _, clip := range x.clips {
		if err := encode.Encode(clip); err != nil {
			return err
		}
	}
	return writeFile(filepath.Join(dir, indexName), lines.Bytes())
}

// shards is the number of shards that the index names, which is also the number of the next one.
func (x *preparedIndex) shards() int {
	n := 0
	for _, clip := range x.clips {
		if clip.Skipped == "" {
			n = max(n, clip.Shard+1)
		}
	}
	return n
}

func shardName(dir string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("shard-%05d.npy", number))
}
