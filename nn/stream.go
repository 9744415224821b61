package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream returns the pseudo-random stream of one purpose: a PCG generator whose 128-bit state is the first
// half of SHA-256 over the little-endian seed followed by the name.
//
// Streams of different names, or of different seeds, are independent of each other, so that drawing more from
// one (more parameters, another data order) never shifts another. The same pair always gives the same stream,
// on every machine. A stream belongs to one goroutine.
func Stream(seed uint64, name string) *rand.Rand {
	text := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(name)), seed)
	sum := sha256.Sum256(append(text, name...))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:8]), binary.LittleEndian.Uint64(sum[8:16])))
}
