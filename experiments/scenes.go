package experiments

import (
	"fmt"
	"strings"

	"videogan/gan"
	"videogan/video"
)

// Samples are generated clips, each followed by what it is composed of, where the generator
// composes: the foreground, the mask (white where the foreground is) and the background of a
// scene.
type Samples struct {
	Names []string      // of the clips of a group: "output", and its parts
	Clips []*video.Clip // a group for each generated clip
}

// Outputs are the generated clips alone.
func (s *Samples) Outputs() []*video.Clip {
	var clips []*video.Clip
	for i := 0; i < len(s.Clips); i += len(s.Names) {
		clips = append(clips, s.Clips[i])
	}
	return clips
}

// Composed says whether the clips have parts.
func (s *Samples) Composed() bool { return len(s.Names) > 1 }

// Label names the clips of a group in their order: "output-foreground-mask-background".
func (s *Samples) Label() string { return strings.Join(s.Names, "-") }

// Tile lays the clips out in one picture, those of a group side by side.
func (s *Samples) Tile() *video.Clip { return tile(s.Clips, len(s.Names)) }

// outputName is the first of a group's names.
const outputName = "output"

// sampleClips makes clips first to first+n-1 of a seed.
func sampleClips(sampler *gan.Sampler, shape gan.ClipShape, n, first int, seed uint64, batch int) (*Samples, error) {
	samples := &Samples{Names: append([]string{outputName}, sampler.Parts()...)}
	size := shape.Size()
	for done := 0; done < n; done += batch {
		values, err := sampler.SampleFrom(seed, first+done)
		if err != nil {
			return nil, fmt.Errorf("experiments: %w", err)
		}
		for i := range min(batch, n-done) {
			for name := range samples.Names {
				from := values
				if name > 0 {
					from = sampler.Part(name - 1)
				}
				clip := video.NewClip(shape.Frames, shape.Height, shape.Width, sampleFPS)
				if err := clip.FromFloat(from[i*size:(i+1)*size], shape.Channels); err != nil {
					return nil, fmt.Errorf("experiments: %w", err)
				}
				samples.Clips = append(samples.Clips, clip)
			}
		}
	}
	return samples, nil
}
