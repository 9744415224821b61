package mnist_test

import (
	"fmt"

	"videogan/datasets/mnist"
)

func ExampleLoad() {
	set, err := mnist.Load("", mnist.Test)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Labels[:5], len(set.Digit(0)))
	// Output: [7 2 1 0 4] 784
}
