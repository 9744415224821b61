package experiments

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// PretrainedPrefix marks the name of a generator that is built into the program:
// "pretrained:tgan-small".
const PretrainedPrefix = "pretrained:"

//go:embed pretrained
var pretrainedFiles embed.FS

// Pretrained lists the experiments that have a committed generator.
func Pretrained() []string {
	files, err := fs.Glob(pretrainedFiles, "pretrained/*"+checkpointExtension)
	if err != nil {
		return nil // the pattern is a constant and well formed
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(file, "pretrained/"), checkpointExtension))
	}
	slices.Sort(names)
	return names
}

// pretrained returns the committed generator of an experiment as a safetensors file.
func pretrained(experiment string) ([]byte, error) {
	data, err := pretrainedFiles.ReadFile("pretrained/" + experiment + checkpointExtension)
	if errors.Is(err, fs.ErrNotExist) {
		have := "this build has none"
		if names := Pretrained(); len(names) > 0 {
			have = "there are " + strings.Join(names, ", ")
		}
		return nil, fmt.Errorf("experiments: no generator %s%s: %s", PretrainedPrefix, experiment, have)
	}
	return data, err
}
