package eval

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"videogan/video"
)

// NearestNeighbours gives, for each row of queries, the k nearest rows of reference, nearest first; of equal distances the
// lower row comes first. With generated clips as queries and training clips as reference it is the check against
// memorisation: a distance far below those between training clips is a copy (0 is the very same). ErrShape: other
// dimensions, or fewer than k reference rows. ErrValue: k below 1.
func NearestNeighbours(queries, reference Features, k int) ([][]Neighbour, error) {
	if k < 1 {
		return nil, fmt.Errorf("eval: nearest neighbours: %w: k is %d, want at least 1", ErrValue, k)
	}
	err := checkPair(queries, reference, 1)
	if err == nil && reference.Rows < k {
		err = fmt.Errorf("%w: %d neighbours of %d clips", ErrShape, k, reference.Rows)
	}
	if err != nil {
		return nil, fmt.Errorf("eval: nearest neighbours of features %v in %v: %w", queries, reference, err)
	}
	nearest := make([][]Neighbour, queries.Rows)
	eachDistances(queries, reference, distanceBlock, func(i int, distances []float64) {
		nearest[i] = smallest(distances, k)
	})
	return nearest, nil
}

// NeighbourSheet draws each sample above its nearest clips, one a row: nearest[i] are the neighbours of samples[i], whose
// clips training gives by index. Groups stand apart by four gaps (at least 8 pixels). All clips share one frame size.
func NeighbourSheet(samples []*video.Clip, nearest [][]Neighbour, training func(index int) (*video.Clip, error), o video.SheetOptions) (*image.RGBA, error) {
	sheet, err := neighbourSheet(samples, nearest, training, o)
	if err != nil {
		return nil, fmt.Errorf("eval: sheet of nearest neighbours: %w", err)
	}
	return sheet, nil
}

// WriteNeighbourSheet writes NeighbourSheet's picture as PNG.
func WriteNeighbourSheet(path string, samples []*video.Clip, nearest [][]Neighbour, training func(index int) (*video.Clip, error), o video.SheetOptions) error {
	sheet, err := neighbourSheet(samples, nearest, training, o)
	var file bytes.Buffer
	if err == nil {
		err = png.Encode(&file, sheet)
	}
	if err == nil {
		err = writeFile(path, file.Bytes())
	}
	if err != nil {
		return fmt.Errorf("eval: write sheet of nearest neighbours %s: %w", path, err)
	}
	return nil
}

func neighbourSheet(samples []*video.Clip, nearest [][]Neighbour, training func(index int) (*video.Clip, error), o video.SheetOptions) (*image.RGBA, error) {
	if len(samples) == 0 || len(samples) != len(nearest) {
		return nil, fmt.Errorf("%w: %d samples, neighbours of %d", ErrShape, len(samples), len(nearest))
	}
	if o.Background == nil {
		o.Background = color.White
	}
	groups := make([]*image.RGBA, len(samples))
	apart := max(4*o.Gap, 8)
	size := image.Pt(0, -apart)
	for i, sample := range samples {
		clips := []*video.Clip{sample}
		for _, neighbour := range nearest[i] {
			clip, err := training(neighbour.Index)
			if err != nil {
				return nil, fmt.Errorf("training clip %d: %w", neighbour.Index, err)
			}
			clips = append(clips, clip)
		}
		group, err := video.ContactSheet(clips, o)
		if err != nil {
			return nil, fmt.Errorf("sample %d: %w", i, err)
		}
		groups[i] = group
		size = image.Pt(max(size.X, group.Rect.Dx()), size.Y+apart+group.Rect.Dy())
	}
	sheet := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(sheet, sheet.Rect, image.NewUniform(o.Background), image.Point{}, draw.Src)
	y := 0
	for _, group := range groups {
		draw.Draw(sheet, group.Rect.Add(image.Pt(0, y)), group, image.Point{}, draw.Src)
		y += group.Rect.Dy() + apart
	}
	return sheet, nil
}
