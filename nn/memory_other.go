//go:build !linux

package nn

func adviseHugePages([]float32) {}
