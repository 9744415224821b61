package datasets_test

import (
	"context"
	"fmt"

	"videogan/datasets"
)

func ExampleNewLoader() {
	source, err := datasets.NewMovingMNIST(datasets.MovingMNISTOptions{Frames: 8, Size: 32})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	loader, err := datasets.NewLoader(source, datasets.LoaderOptions{Batch: 16, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer loader.Close()
	clips := make([]float32, 16*8*32*32) // N×C×T×H×W
	for range 2 {
		batch, err := loader.Next(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(batch.Index, len(batch.Labels), "clips,", batch.Values(), "numbers")
		batch.Write(clips, 0)
		batch.Release()
	}
	// Output:
	// 0 16 clips, 131072 numbers
	// 1 16 clips, 131072 numbers
}
