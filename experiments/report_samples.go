package experiments

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"os"
	"strings"
)

// reportSheets is the most contact sheets that a page shows of a run's course.
const reportSheets = 6

type reportVideo struct {
	Video   template.URL
	Caption string
	Wide    bool // it shows more than clips alone
}

type reportSheet struct {
	Image        template.URL
	Caption, Alt string
}

// reportVideos are a run's newest samples: what the generator makes, what that is composed
// of, the real clips and what the committed generator makes. A page of several runs shows
// what is made alone.
func reportVideos(folder Folder, alone bool) ([]reportVideo, error) {
	steps, err := folder.steps("samples", averagedSuffix+".png")
	if err != nil {
		return nil, err
	}
	type sample struct {
		file, caption string
		wide          bool
	}
	var list []sample
	if len(steps) > 0 {
		last := stepName(steps[len(steps)-1])
		list = append(list, sample{last + averagedSuffix, fmt.Sprintf("The averaged generator after %d steps", steps[len(steps)-1]), false})
		if alone {
			list = append(list, sample{last + rawSuffix, "The generator itself, the same latents", false})
		}
	}
	if alone {
		list = append(list, sample{realSample, "Real clips", false},
			sample{pretrainedSample, "The committed generator, trained to the end: what the same experiment reaches", false})
	}
	if len(steps) > 0 {
		last := stepName(steps[len(steps)-1])
		label, err := folder.partsLabel(last)
		if err != nil {
			return nil, err
		}
		if label != "" {
			list = append(list, sample{last + averagedSuffix + "-" + label, "What the averaged generator's clips are composed of, from left to right: " + strings.ReplaceAll(label, "-", ", "), true})
		}
	}
	var videos []reportVideo
	for _, s := range list {
		data, err := os.ReadFile(folder.samples(s.file + ".mp4"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		videos = append(videos, reportVideo{Video: dataURL("video/mp4", data), Caption: s.caption, Wide: s.wide})
	}
	return videos, nil
}

// partsLabel finds what the averaged generator's clips of a step are composed of, as
// Samples.Label writes it; "" where they have no parts.
func (f Folder) partsLabel(step string) (string, error) {
	entries, err := os.ReadDir(f.samples(""))
	if err != nil {
		return "", fmt.Errorf("experiments: read run folder: %w", err)
	}
	for _, entry := range entries {
		rest, ok := strings.CutPrefix(entry.Name(), step+averagedSuffix+"-"+outputName+"-")
		if label, isVideo := strings.CutSuffix(rest, ".mp4"); ok && isVideo {
			return outputName + "-" + label, nil
		}
	}
	return "", nil
}

// reportCourse picks contact sheets evenly over the run, the newest always among them.
func reportCourse(folder Folder) ([]reportSheet, error) {
	steps, err := folder.steps("samples", averagedSuffix+".png")
	if err != nil {
		return nil, err
	}
	var sheets []reportSheet
	shown := min(len(steps), reportSheets)
	for i := range shown {
		step := steps[(i+1)*len(steps)/shown-1]
		data, err := os.ReadFile(folder.samples(stepName(step) + averagedSuffix + ".png"))
		if err != nil {
			return nil, err
		}
		sheets = append(sheets, reportSheet{Image: dataURL("image/png", data), Caption: fmt.Sprintf("step %d", step),
			Alt: fmt.Sprintf("Clips of the averaged generator after step %d, a row each, its frames from left to right", step)})
	}
	return sheets, nil
}

func dataURL(kind string, data []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data))
}
