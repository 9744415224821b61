package video

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/asticode/go-astiav"
)

// index knows every frame's time from the packets alone, without decoding.
type index struct {
	times []int64 // of presentation, ascending: frame k appears at times[k]
	keys  []int64 // times of key frames, ascending
	end   int64   // when the last frame's display ends
}

// errNoIndex says that frames cannot be told from packets, or that seeking went elsewhere: decode from the start.
var errNoIndex = errors.New("the file has no exact index")

// readIndex reads all packets to the end of the file. It returns errNoIndex unless it is certain that each
// packet becomes one frame and that frame k is the k-th by time.
func (in *input) readIndex(ctx context.Context) (*index, error) {
	if !in.framePerPacket() {
		return nil, errNoIndex
	}
	ix, latest := &index{}, int64(0)
	for {
		err := in.readPacket(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil || !in.countable() {
			return nil, errNoIndex
		}
		time := in.packet.Pts()
		if in.packet.Flags().Has(astiav.PacketFlagKey) {
			ix.keys = append(ix.keys, time)
		}
		// Pictures that come before the first key frame in time may or may not be decodable.
		if len(ix.keys) == 0 || time < ix.keys[0] {
			return nil, errNoIndex
		}
		if len(ix.times) == 0 || time >= latest {
			latest, ix.end = time, time+in.length(in.packet.Duration())
		}
		ix.times = append(ix.times, time)
	}
	slices.Sort(ix.times)
	slices.Sort(ix.keys)
	if len(ix.times) == 0 || len(slices.Compact(slices.Clone(ix.times))) != len(ix.times) {
		return nil, errNoIndex
	}
	return ix, nil
}

// framePerPacket tells whether a packet of the codec holds exactly one picture to show. VP8, for one, has packets
// that only later pictures refer to.
func (in *input) framePerPacket() bool {
	switch in.stream.CodecParameters().CodecID().Name() {
	case "mpeg4", "h264", "hevc", "mpeg1video", "mpeg2video", "vp9", "av1", "mjpeg", "png", "ffv1", "huffyuv", "ffvhuff", "rawvideo":
		return true
	}
	return false
}

// countable tells whether the packet just read certainly becomes a picture.
func (in *input) countable() bool {
	least := 1
	if in.stream.CodecParameters().CodecID() == astiav.CodecIDMpeg4 {
		least = 32 // a "not coded" picture is shorter; it repeats the one before and the decoder skips it
	}
	return in.packet.Pts() != noTime && in.packet.Size() >= least && !in.packet.Flags().Has(astiav.PacketFlagDiscard)
}

// seek goes to the key frame from which frame k can be decoded, and returns the key frame's number.
func (in *input) seek(ix *index, k int) (int, error) {
	i, found := slices.BinarySearch(ix.keys, ix.times[k])
	if !found {
		i-- // times[0] is a key frame's
	}
	if err := in.format.SeekFrame(in.stream.Index(), ix.keys[i], astiav.NewSeekFlags(astiav.SeekFlagBackward)); err != nil {
		return 0, errNoIndex
	}
	first, _ := slices.BinarySearch(ix.times, ix.keys[i])
	return first, nil
}

// source returns the number of the frame shown at a tick, and how many ticks the clip has.
func (ix *index) source(r *rateConverter, tick int) (frame, ticks int) {
	last := ix.times[len(ix.times)-1]
	ticks = max(1, r.tick(last), r.tick(ix.end))
	after, _ := slices.BinarySearchFunc(ix.times, tick, func(time int64, tick int) int {
		return cmp.Compare(r.tick(time), tick+1)
	})
	return max(0, after-1), ticks
}
