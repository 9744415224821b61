package gan

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"videogan/nn"
	"videogan/nn/exec"
)

// builder makes the programs of a step.
type builder struct {
	device   *exec.Device
	params   *nn.Params
	nets     Networks
	shape    ClipShape
	cfg      Config
	random   *nn.RandomState
	gen, dis *network
}

// graph is a phase while its graph is built.
type graph struct {
	*builder
	*Phase
	s    *nn.Scope
	wrt  []wanted
	more []*nn.Node // further nodes to compute
}

// wanted are the gradients of a loss by a network's parameters.
type wanted struct {
	network *network
	nodes   []*nn.Node
}

// scores are what the discriminators say of a batch; frame is nil without the second.
type scores struct {
	clip, frame *nn.Node
	frames      *nn.Node // the frames judged
}

// rounds are the updates of a step in the configured order.
func (b *builder) rounds() ([]round, error) {
	var err error
	add := func(list []*Phase, when bool, build func() (*Phase, error)) []*Phase {
		if err != nil || !when {
			return list
		}
		var p *Phase
		if p, err = build(); p != nil {
			list = append(list, p)
		}
		return list
	}
	var rounds []round
	if b.cfg.Order == Release {
		list := add(nil, true, b.both)
		list = add(list, b.cfg.R1.Gamma > 0, b.r1)
		list = add(list, b.cfg.GP.Weight > 0, b.gp)
		rounds = []round{{1, list, []*network{b.gen, b.dis}}}
	} else {
		list := add(nil, true, b.discriminate)
		list = add(list, b.cfg.R1.Gamma > 0, b.r1)
		list = add(list, b.cfg.GP.Weight > 0, b.gp)
		generate := b.generate
		if b.cfg.Order == Hybrid {
			generate = b.hybrid
		}
		rounds = []round{{b.cfg.Critic, list, []*network{b.dis}}, {1, add(nil, true, generate), []*network{b.gen}}}
	}
	if err != nil {
		for _, r := range rounds {
			for _, p := range r.phases {
				_ = p.Program.Close() // the first error is told
			}
		}
		return nil, err
	}
	for _, r := range rounds {
		for _, g := range r.phases[0].gradients {
			for _, gradient := range g.list {
				g.network.step = append(g.network.step, gradient)
			}
		}
	}
	return rounds, nil
}

// both is the release's single pass: one batch of fakes, judged once, gives the
// gradients of both losses.
func (b *builder) both() (*Phase, error) {
	g := b.start("both", 1)
	fake := g.fakes(false)
	ofReal := g.judge(g.realClips(), g.pickReal(), false)
	ofFake := g.judge(fake.Clips, g.pickFake(), false)
	g.discriminatorLoss(ofReal, ofFake)
	g.generatorLoss(ofFake, fake.Terms)
	g.keep(fake.Clips)
	return g.compile()
}

// discriminate is D's loss on real clips and fresh fakes, which take no gradient.
func (b *builder) discriminate() (*Phase, error) {
	g := b.start("dis", 1)
	fake := g.s.StopGradient(g.fakes(true).Clips)
	ofReal := g.judge(g.realClips(), g.pickReal(), false)
	ofFake := g.judge(fake, g.pickFake(), false)
	g.discriminatorLoss(ofReal, ofFake)
	g.keep(fake)
	return g.compile()
}

// generate is G's loss. D's weights take no gradient, and its states stay.
func (b *builder) generate() (*Phase, error) {
	g := b.start("gen", 1)
	fake := g.fakes(false)
	g.generatorLoss(g.judge(fake.Clips, g.pickFake(), true), fake.Terms)
	return g.compile()
}

// r1 is γ/2·E‖∇D‖² on real clips, and on the picked frames of the frame
// discriminator; its gradient counts for all the steps until the next.
func (b *builder) r1() (*Phase, error) {
	g := b.start("r1", b.cfg.R1.Every)
	real := g.realClips()
	of := g.judge(real, g.pickReal(), true)
	g.penalty("r1", R1Penalty, of, real, b.cfg.R1.Gamma/2)
	return g.compile()
}

// gp is λ·E(‖∇D‖-1)² between the real clips and the fakes of the phase before.
func (b *builder) gp() (*Phase, error) {
	g := b.start("gp", 1)
	g.epsilon = g.s.Input("epsilon", b.cfg.Batch, 1, 1, 1, 1)
	g.generated = g.s.Input("generated", b.shape.batch(b.cfg.Batch)...)
	mixed := Mix(g.s, g.epsilon, g.realClips(), g.generated)
	of := g.judge(mixed, g.pickReal(), true)
	g.penalty("gp", GradientPenalty, of, mixed, b.cfg.GP.Weight)
	return g.compile()
}

func (b *builder) start(name string, interval int) *graph {
	s := nn.NewScope(gorgonia.NewGraph(), b.params, nn.ScopeOptions{Training: true, Random: b.random})
	return &graph{builder: b, Phase: &Phase{Name: name, Interval: interval}, s: s}
}

func (g *graph) realClips() *nn.Node {
	g.real = g.s.Input("real", g.shape.batch(g.cfg.Batch)...)
	return g.real
}

// fakes are generated clips; a frozen generator keeps its running statistics.
func (g *graph) fakes(frozen bool) Output {
	s := g.s
	if frozen {
		s = s.Frozen()
	}
	in := g.nets.input(s, g.cfg.Batch, g.shape)
	g.z, g.given = in.Latent, in.Frames
	return g.nets.generate(s, in, g.shape)
}

// pickReal and pickFake are the choices of frames, nil without a frame discriminator.
func (g *graph) pickReal() *nn.Node {
	g.realFrames = g.pick("real_frames")
	return g.realFrames
}

func (g *graph) pickFake() *nn.Node {
	g.fakeFrames = g.pick("fake_frames")
	return g.fakeFrames
}

func (g *graph) pick(name string) *nn.Node {
	if g.cfg.Frame.Frames == 0 {
		return nil
	}
	return g.s.Input(name, g.cfg.Batch, g.cfg.Frame.Frames, g.shape.Frames)
}

// judge puts clips x before the discriminators. Every call is a forward pass of
// its own, with its own batch statistics.
func (g *graph) judge(x, frames *nn.Node, frozen bool) scores {
	s := g.s
	if frozen {
		s = s.Frozen()
	}
	n := g.cfg.Batch
	of := scores{clip: checked(s, "the discriminator", Score(s, g.nets.Discriminator(s.In(discriminatorPath), x)), []int{n, 1})}
	if frames == nil {
		return of
	}
	k, c, t, h, w := g.cfg.Frame.Frames, g.shape.Channels, g.shape.Frames, g.shape.Height, g.shape.Width
	rows := s.Reshape(s.Transpose(x, 0, 2, 1, 3, 4), n, t, c*h*w)             // N×T×CHW
	of.frames = s.Reshape(s.MatMul(frames, rows, false, false), n*k, c, h, w) // Nk×C×H×W
	of.frame = checked(s, "the frame discriminator", g.nets.FrameDiscriminator(s.In(frameDiscriminatorPath), of.frames), []int{n * k, 1})
	return of
}

// discriminatorLoss takes D's gradients of its loss.
func (g *graph) discriminatorLoss(real, fake scores) {
	s := g.s
	loss := g.cfg.Loss.Discriminator(s, real.clip, fake.clip)
	if real.frame != nil {
		loss = s.Add(loss, s.Scale(g.cfg.Loss.Discriminator(s, real.frame, fake.frame), g.cfg.Frame.Weight))
	}
	g.report("loss/d", loss, true)
	g.report("d/real", s.Mean(real.clip), false)
	g.report("d/fake", s.Mean(fake.clip), false)
	if real.frame != nil {
		g.report("framedis/real", s.Mean(real.frame), false)
		g.report("framedis/fake", s.Mean(fake.frame), false)
	}
	g.differentiate(g.dis, loss, s.Grad)
}

// generatorLoss takes G's gradients of its loss and of the generator's own terms.
func (g *graph) generatorLoss(fake scores, terms []Term) {
	s := g.s
	loss := g.cfg.Loss.Generator(s, fake.clip)
	if fake.frame != nil {
		loss = s.Add(loss, s.Scale(g.cfg.Loss.Generator(s, fake.frame), g.cfg.Frame.Weight))
	}
	g.report("loss/g", loss, true)
	for _, term := range terms {
		g.report(term.Name, term.Value, true)
		loss = s.Add(loss, s.Scale(term.Value, term.Weight))
	}
	g.differentiate(g.gen, loss, s.Grad)
}

// penalty takes D's gradients of a weighted gradient penalty.
func (g *graph) penalty(name string, of func(s *nn.Scope, scores, x *nn.Node) *nn.Node, judged scores, x *nn.Node, weight float64) {
	s := g.s
	loss := of(s, judged.clip, x)
	if judged.frame != nil {
		loss = s.Add(loss, s.Scale(of(s, judged.frame, judged.frames), g.cfg.Frame.Weight))
	}
	loss = s.Scale(loss, weight)
	g.report(name, loss, true)
	g.differentiate(g.dis, s.Scale(loss, float64(g.Interval)), s.GradOrZero)
}

func (g *graph) report(name string, node *nn.Node, loss bool) {
	g.measures = append(g.measures, measure{name, node, loss})
}

// keep makes the generated clips an output where the gradient penalty needs them.
func (g *graph) keep(fake *nn.Node) {
	if g.cfg.GP.Weight > 0 {
		g.Phase.fake = fake
		g.more = append(g.more, fake)
	}
}

// differentiate asks for the gradients of a loss by a network's parameters, all
// of which the first call for the network finds.
func (g *graph) differentiate(n *network, loss *nn.Node, grad func(*nn.Node, ...*nn.Node) []*nn.Node) {
	if g.s.Err() != nil {
		return
	}
	if n.params == nil {
		if n.params = g.params.Trainable(n.name); n == g.dis {
			n.params = append(n.params, g.params.Trainable(frameDiscriminatorPath)...)
		}
	}
	nodes := make([]*nn.Node, len(n.params))
	for i, p := range n.params {
		nodes[i] = g.s.Param(p.Name, nil, p.Value.Shape()...)
	}
	g.wrt = append(g.wrt, wanted{n, grad(loss, nodes...)})
}

func (g *graph) compile() (*Phase, error) {
	outputs := g.more
	for _, m := range g.measures {
		outputs = append(outputs, m.node)
	}
	for _, w := range g.wrt {
		outputs = append(outputs, w.nodes...)
	}
	if err := g.s.Err(); err != nil {
		return nil, fmt.Errorf("gan: build phase %s: %w", g.Name, err)
	}
	program, err := exec.CompileBrief(g.device, g.s, g.brief(), outputs...)
	if err != nil {
		return nil, fmt.Errorf("gan: compile phase %s: %w", g.Name, err)
	}
	g.Program = program
	for _, w := range g.wrt {
		list := make([]*nn.Gradient, len(w.nodes))
		for i, node := range w.nodes {
			if node.Op() != nil { // else it is the zero of GradOrZero
				list[i] = &nn.Gradient{Param: w.network.params[i], Tensor: program.Tensor(node)}
			}
		}
		g.gradients = append(g.gradients, gradients{w.network, list})
	}
	return g.Phase, nil
}

// brief are the gradients, where the networks step as soon as the phase has run. With a penalty they wait for its own.
func (g *graph) brief() (nodes []*nn.Node) {
	if g.cfg.R1.Gamma > 0 || g.cfg.GP.Weight > 0 {
		return nil
	}
	for _, w := range g.wrt {
		nodes = append(nodes, w.nodes...)
	}
	return nodes
}
