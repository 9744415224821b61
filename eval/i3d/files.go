package i3d

import (
	"fmt"
	"strings"

	"videogan/eval/weights"
)

// ReadWeights reads a safetensors file with the names of the common PyTorch port, or with our own. A torch state_dict
// becomes one in three lines of Python (docs/judges.md).
func ReadWeights(path string) (weights.Set, error) {
	set, _, err := weights.ReadSafetensors(path)
	if err != nil {
		return nil, fmt.Errorf("i3d: %w", err)
	}
	return parameters(set), nil
}

// Is tells whether arrays of a file are I3D's, by the name of its first layer.
func Is(set weights.Set) bool {
	for name := range set {
		if strings.HasPrefix(parameterName(name), "Conv3d_1a_7x7/") {
			return true
		}
	}
	return false
}

// parameters gives arrays our names.
func parameters(set weights.Set) weights.Set {
	names := map[string]string{}
	for name := range set {
		names[name] = parameterName(name)
	}
	return set.Rename(names)
}

// endings of the port's names and of ours.
var endings = [][2]string{
	{"/conv3d/weight", "/weight"}, {"/conv3d/bias", "/bias"},
	{"/bn/weight", "/gamma"}, {"/bn/bias", "/beta"}, {"/bn/running_mean", "/mean"}, {"/bn/running_var", "/variance"},
}

// parameterName is our name of an array: module.Mixed_3b.b1a.bn.running_var is Mixed_3b/b1a/variance. A name that is ours
// already stays.
func parameterName(name string) string {
	name = strings.ReplaceAll(strings.TrimPrefix(name, "module."), ".", "/")
	for _, e := range endings {
		if rest, ok := strings.CutSuffix(name, e[0]); ok {
			return rest + e[1]
		}
	}
	return name
}
