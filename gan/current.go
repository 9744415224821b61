package gan

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"videogan/nn"
)

// LoadCurrentGenerator reads the generator of a checkpoint as it is, not its average: what LoadGenerator reads where
// there is none. A file of SaveGenerator holds no such generator, which it reports by ErrFormat.
func LoadCurrentGenerator(name string) (*GeneratorFile, error) {
	c, err := readTensors(name)
	if err != nil {
		return nil, fmt.Errorf("gan: load generator %s: %w", name, err)
	}
	if format := c.metadata[formatKey]; format != formatVersion {
		return nil, fmt.Errorf("gan: load generator %s: %w: its format is %q: only a checkpoint, %q, has the generator beside its average", name, ErrFormat, format, formatVersion)
	}
	for array := range c.arrays {
		if strings.HasPrefix(array, averagePrefix) {
			delete(c.arrays, array)
		}
	}
	f, err := generatorOf(c)
	if err != nil {
		return nil, fmt.Errorf("gan: load generator %s: %w", name, err)
	}
	return f, nil
}

// FrameStream is the random stream that draws the given frames of sample i of a seed: the real clip that it draws is the
// one that the sample goes on from.
func FrameStream(seed uint64, i int) *rand.Rand {
	return sampleStream(seed, framesPurpose, i)
}

// framesPurpose names the stream of given frames, as Networks.fill asks for it.
const framesPurpose = "frames"

// sampleStream is the stream of clip i of a seed for one purpose.
func sampleStream(seed uint64, purpose string, i int) *rand.Rand {
	return nn.Stream(seed, fmt.Sprintf("%s/sample/%d", purpose, i))
}
