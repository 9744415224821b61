package tensorboard

import (
	"encoding/hex"
	"math"
	"testing"
	"time"
)

// The records are those that Python's protobuf 3.21 and the record writer of TensorBoard
// 2.22's own sources make of the same events, at 1700000000.25 seconds after 1970.
func TestEventsAreTheReferences(t *testing.T) {
	at := time.Unix(1700000000, 250_000_000)
	tests := []struct{ name, want string }{
		{"version", "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32338d2fe9"},
		{"start", "100000000000000095fbfe180900001040fc54d94110f5033a020801a58d7e44"},
		{"scalars", "39000000000000008b0737f10900001040fc54d94110fe032a2b0a0d0a066c6f73732f64157368b13f" +
			"0a0d0a06642f7265616c15000000bf0a0b0a046e6f6e65150000c07fe0cd43d2"},
		{"image", "2700000000000000bbe1b1460900001040fc54d94110ac022a190a170a0773616d706c6573220c080210ac0218032203504e4795b69aa4"},
	}
	events := map[string][]byte{
		"version": versionEvent(at),
		"start":   startEvent(501, at),
		"scalars": scalarsEvent(510, at, []Scalar{{"loss/d", 1.386}, {"d/real", -0.5}, {"none", math.NaN()}}),
		"image":   imageEvent(300, at, "samples", 300, 2, 3, []byte("PNG")),
	}
	for _, test := range tests {
		if got := hex.EncodeToString(appendRecord(nil, events[test.name])); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}
