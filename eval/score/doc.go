// Package score draws clips, has a classifier judge them and computes measures of what it says, each with its whole
// protocol.
//
// Clips come from a generator or from a set of real ones; clip i of a seed is always the same. What the classifier says
// of them is kept in an eval.Cache while it comes in, so that work that was interrupted goes on where it was:
//
//	judge, err := score.OpenJudge(device, "classifiers/digits", score.JudgeOptions{})
//	s := score.Scorer{Judge: judge, Cache: "runs/digits/scores/cache"}
//	results, err := s.Score(ctx, clips, score.Options{Measures: []score.Measure{score.Inception}, Protocol: judge.Preset})
//	for _, r := range results {
//		fmt.Println(r.Protocol.Measure, r.Value, r.Std)
//	}
package score
