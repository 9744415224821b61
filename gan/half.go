package gan

import "math"

// toHalf rounds to the nearest float16, ties to even; what is too large becomes
// infinite.
//
// Source: IEEE 754-2008, binary16.
func toHalf(f float32) uint16 {
	bits := math.Float32bits(f)
	sign := uint16(bits >> 16 & 0x8000)
	exponent, mantissa := int(bits>>23&0xff)-127, bits&0x7fffff
	switch {
	case exponent == 128 && mantissa != 0:
		return sign | 0x7e00 // NaN
	case exponent > 15:
		return sign | 0x7c00
	case exponent < -25:
		return sign
	case exponent < -14: // a subnormal number: the leading 1 is written out
		return sign | uint16(shiftEven(mantissa|0x800000, uint(-exponent-1)))
	}
	// A carry out of the mantissa goes into the exponent, as it should.
	return sign | uint16(shiftEven(uint32(exponent+15)<<23|mantissa, 13))
}

// shiftEven divides by 2ⁿ and rounds to the nearest, ties to even.
func shiftEven(v uint32, n uint) uint32 {
	half := uint32(1) << (n - 1)
	q, rest := v>>n, v&(1<<n-1)
	if rest > half || rest == half && q&1 == 1 {
		q++
	}
	return q
}

// fromHalf is the value of a float16.
func fromHalf(h uint16) float32 {
	sign, exponent, mantissa := uint32(h&0x8000)<<16, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0:
		return math.Float32frombits(sign | math.Float32bits(float32(mantissa)*0x1p-24))
	case 31:
		return math.Float32frombits(sign | 0x7f800000 | mantissa<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | mantissa<<13)
}
