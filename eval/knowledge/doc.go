// Package knowledge asks what a trained generator and a trained discriminator know.
//
// Of a generator: whether the way between two latent vectors goes through clips that look real
// (Lerp, Slerp), whether time goes on between its frames (Stretch), whether content and motion
// are apart (Shares), and whether there is a latent vector for a given clip (Invert). Prior is
// the yardstick for the last one: how far the network's form alone goes, without training.
// Of a discriminator: what it takes for real (Scores, Corruptions), and what its units look for
// (Maximise, Activations).
//
// Clips come as everywhere, float32 N×C×T×H×W in [-1, 1]. Long work calls a progress function
// and stops when its context ends.
//
//	g := knowledge.Generator{Networks: nets, Params: params, Shape: shape}
//	found, err := knowledge.Invert(ctx, device, g, clips, knowledge.InversionOptions{Restarts: 8})
//	psnr, err := eval.PSNR(found.Clips, clips, eval.Shape{Clips: n, Channels: 1, Frames: 8, Height: 32, Width: 32})
package knowledge
