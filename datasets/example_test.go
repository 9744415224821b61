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
	for range 2 {
		batch, err := loader.Next(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(batch.Index, len(batch.Labels), "clips,", len(batch.Clips), "numbers") // N×C×T×H×W
		batch.Release()
	}
	// Output:
	// 0 16 clips, 131072 numbers
	// 1 16 clips, 131072 numbers
}
