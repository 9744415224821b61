package classifier

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// PretrainedPrefix marks the name of a classifier that is built into the program: "pretrained:mnist32".
const PretrainedPrefix = "pretrained:"

//go:embed pretrained/*/*.json pretrained/*/*.safetensors
var pretrainedFiles embed.FS

// Pretrained lists the classifiers that are built in.
func Pretrained() []string {
	folders, err := fs.ReadDir(pretrainedFiles, "pretrained")
	if err != nil {
		return nil // the folder is a constant and there
	}
	var names []string
	for _, folder := range folders {
		names = append(names, folder.Name())
	}
	slices.Sort(names)
	return names
}

// pretrained reads a file of a classifier that is built in.
func pretrained(name, file string) ([]byte, error) {
	data, err := pretrainedFiles.ReadFile("pretrained/" + name + "/" + file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		// Not fs.ErrNotExist: nothing could be trained into such a folder.
		return nil, fmt.Errorf("no classifier %s%s is built in: there are %s", PretrainedPrefix, name, strings.Join(Pretrained(), ", "))
	}
	return data, err
}
