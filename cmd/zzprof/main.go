package main

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strconv"
	"time"

	"videogan/experiments"
	"videogan/gan"
	"videogan/nn"
	"videogan/nn/exec"
)

func main() {
	e, err := experiments.Lookup(os.Args[1])
	if err != nil {
		panic(err)
	}
	cfg := e.Default()
	c := cfg.Shared()
	batch, _ := strconv.Atoi(os.Args[2])
	c.Train.Batch = batch
	for _, a := range os.Args[3:] {
		if a == "release" {
			c.GAN.Order = gan.Release
		}
		if a == "sn" {
			c.GAN.Constraint.Kind = gan.SpectralNorm
		}
	}
	d, _ := exec.NewDevice(exec.DeviceOptions{})
	shape := gan.ClipShape{Channels: c.Data.Channels, Frames: c.Data.Frames, Height: c.Data.Size, Width: c.Data.Size}
	if c.Data.Source == experiments.MovingMNIST {
		shape.Channels = 1
	} else {
		shape.Channels = 3
	}
	s := c.GAN
	s.Batch = batch
	begin := time.Now()
	t, err := gan.NewTrainer(d, nn.NewParams(1), cfg.Networks(), shape, s, 1)
	if err != nil {
		panic(err)
	}
	fmt.Println("build", time.Since(begin))
	real := make([]float32, batch*shape.Channels*shape.Frames*shape.Height*shape.Width)
	for i := range real {
		real[i] = float32(i%17)*0.1 - 0.8
	}
	for i := 0; i < 3; i++ {
		b := time.Now()
		if _, err := t.Step(context.Background(), real, gan.StepOptions{}); err != nil {
			panic(err)
		}
		fmt.Println("step", time.Since(b))
	}
	for _, p := range t.Phases() {
		best := []exec.KernelTime{}
		for r := 0; r < 7; r++ {
			k, _ := p.Program.Profile()
			if len(best) == 0 {
				best = k
			}
			for i := range k {
				best[i].Duration = min(best[i].Duration, k[i].Duration)
			}
		}
		var total time.Duration
		for _, k := range best {
			total += k.Duration
		}
		fmt.Printf("== %s every %d: %v, %d kernels, %.1f GFLOP, arena %d MiB\n", p.Name, p.Interval, total, len(best), p.Program.FLOPs()/1e9, p.Program.ArenaBytes()>>20)
		sort.SliceStable(best, func(i, j int) bool { return best[i].Duration > best[j].Duration })
		for _, k := range best[:min(36, len(best))] {
			n := k.Node
			if len(n) > 100 {
				n = n[:100]
			}
			fmt.Printf("%9.3f ms %6.1f GF/s  %s | %s\n", k.Duration.Seconds()*1e3, k.FLOPs/k.Duration.Seconds()/1e9, k.Kernel, n)
		}
	}
}
