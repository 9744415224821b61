package experiments

import (
	"fmt"
	"runtime/debug"

	"videogan/nn/onednn"
	"videogan/video"
)

// version is set when the program is linked: -ldflags "-X videogan/experiments.version=v1.2.3".
var version string

// Version names the build: the version given to the linker, or else the commit that the
// program was built from, with "-modified" when the tree differed.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	commit, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "-modified"
		}
	}
	if commit == "" {
		return "devel"
	}
	return fmt.Sprintf("devel-%.12s%s", commit, modified)
}

// Libraries names the C libraries that the program runs on, each with its version.
func Libraries() []string {
	return []string{"oneDNN " + onednn.Version(), video.Versions()}
}
