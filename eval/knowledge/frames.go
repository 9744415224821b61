package knowledge

// Frames cuts clips (n×C×T×H×W) into their frames, each a clip of one (n·T×C×1×H×W), for a
// generator of single frames; Join is the way back.
func Frames(clips []float32, channels, frames, pixels int) []float32 {
	out := make([]float32, len(clips))
	eachPlane(len(clips), channels, frames, pixels, func(clip, frame int) { copy(out[frame:frame+pixels], clips[clip:clip+pixels]) })
	return out
}

// Join puts frames (n·T×C×1×H×W) together to clips (n×C×T×H×W).
func Join(separate []float32, channels, frames, pixels int) []float32 {
	out := make([]float32, len(separate))
	eachPlane(len(separate), channels, frames, pixels, func(clip, frame int) { copy(out[clip:clip+pixels], separate[frame:frame+pixels]) })
	return out
}

// eachPlane visits where each channel of each frame begins in clips and among frames.
func eachPlane(values, channels, frames, pixels int, visit func(clip, frame int)) {
	for i := range values / (channels * frames * pixels) {
		for c := range channels {
			for t := range frames {
				visit(((i*channels+c)*frames+t)*pixels, ((i*frames+t)*channels+c)*pixels)
			}
		}
	}
}
