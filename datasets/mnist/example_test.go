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
	seven := make([]byte, mnist.Side*mnist.Side)
	if err := set.Digit(seven, 0); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Labels[:5], seven[7*mnist.Side+6:][:6])
	// Output: [7 2 1 0 4] [84 185 159 151 60 36]
}
