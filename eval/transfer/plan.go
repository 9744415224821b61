package transfer

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"videogan/datasets"
)

// planned is a cell and what it is measured with.
type planned struct {
	Cell
	model   string
	repeat  int // of the model, over its networks
	network *Network
	data    Data
}

// newStudy checks what is given and lists the cells.
func newStudy(networks []*Network, data []Data, cfg Config) (*Study, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if len(networks) == 0 {
		return nil, fmt.Errorf("transfer: no network: %w", ErrConfig)
	}
	if err := checkData(networks, data, cfg); err != nil {
		return nil, err
	}
	s := &Study{Config: cfg, Networks: networks, Data: data}
	if err := s.checkOwnSplits(); err != nil {
		return nil, err
	}
	for _, n := range networks {
		if !slices.Contains(s.models, n.Model) {
			s.models = append(s.models, n.Model)
		}
		if _, err := n.layer(cfg.Layer); err != nil {
			return nil, err
		}
	}
	var err error
	if s.protocol, err = protocolHash(cfg.Training, data); err != nil {
		return nil, err
	}
	if err := s.list(); err != nil {
		return nil, err
	}
	s.Total = len(s.plan)
	return s, nil
}

func checkData(networks []*Network, data []Data, cfg Config) error {
	for _, split := range cfg.Splits {
		if !slices.ContainsFunc(data, func(d Data) bool { return d.Split == split }) {
			return fmt.Errorf("transfer: split %d: %w: there are no clips of it", split, ErrConfig)
		}
	}
	for _, d := range data {
		train, test := d.Train.Info(), d.Test.Info()
		if !slices.Equal(train.Classes, test.Classes) || len(train.Classes) < 2 {
			return fmt.Errorf("transfer: training clips of %v and test clips of %v: %w: want the same two or more classes", train.Classes, test.Classes, ErrConfig)
		}
		for _, n := range networks {
			for _, info := range []datasets.Info{train, test} {
				if info.Channels != n.Shape.Channels || info.Frames != n.Shape.Frames || info.Size != n.Shape.Height {
					return fmt.Errorf("transfer: %s sees clips of %d×%d×%d×%d, the data has %d×%d×%d×%d: %w: measure runs of one size of clip at a time",
						n.Run, n.Shape.Channels, n.Shape.Frames, n.Shape.Height, n.Shape.Width, info.Channels, info.Frames, info.Size, info.Size, datasets.ErrShape)
				}
			}
		}
		for _, count := range cfg.Classes {
			if count > len(train.Classes) {
				return fmt.Errorf("transfer: %d classes: %w: there are %d", count, ErrConfig, len(train.Classes))
			}
		}
	}
	return nil
}

// checkOwnSplits reports, with ErrConfig, a model that does not have as many networks of each split, and a network of none.
func (s *Study) checkOwnSplits() error {
	if !s.Config.OwnSplit {
		return nil
	}
	for _, n := range s.Networks {
		if !slices.Contains(s.Config.Splits, n.Split) {
			return fmt.Errorf("transfer: %s was trained on split %d: %w: to be measured on its own split it has to be trained on one of %v", n.Run, n.Split, ErrConfig, s.Config.Splits)
		}
		first := s.Config.Splits[0]
		for _, split := range s.Config.Splits[1:] {
			if a, b := len(s.of(n.Model, first)), len(s.of(n.Model, split)); a != b {
				return fmt.Errorf("transfer: %s has %d runs trained on split %d, %d on split %d: %w: a mean over splits takes as many of each", n.Model, a, first, b, split, ErrConfig)
			}
		}
	}
	return nil
}

// protocolHash is SHA-256 over the training and the data: the names, lengths and labels of all clips.
func protocolHash(t Training, data []Data) (string, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("transfer: %w", err)
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n", text)
	for _, d := range data {
		for _, set := range []datasets.ClipSource{d.Train, d.Test} {
			info := set.Info()
			fmt.Fprintf(sum, "split %d: %s %v %d×%d×%d\n", d.Split, info.Name, info.Classes, info.Channels, info.Frames, info.Size)
			for _, clip := range set.Clips() {
				fmt.Fprintln(sum, clip.Name, clip.Label, clip.Frames)
			}
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// list plans the cells: a repeat of everything before the next, so that a study cut short has all methods. Two models of
// one architecture share the cells that begin at random.
func (s *Study) list() error {
	all := len(s.Data[0].Train.Info().Classes)
	type setting struct {
		labels  float64
		classes int
	}
	var settings []setting
	for _, share := range s.Config.Labels {
		settings = append(settings, setting{share, all})
	}
	for _, count := range s.Config.Classes {
		if one := (setting{1, count}); !slices.Contains(settings, one) {
			settings = append(settings, one)
		}
	}
	protocols := map[int]string{} // a cell does not depend on the splits beside its own
	for _, d := range s.Data {
		var err error
		if protocols[d.Split], err = protocolHash(s.Config.Training, []Data{d}); err != nil {
			return err
		}
	}
	architectures := map[*Network]string{}
	for _, n := range s.Networks {
		var err error
		if architectures[n], err = n.architecture(); err != nil {
			return err
		}
	}
	for repeat := range s.repeats() {
		for _, model := range s.models {
			for _, d := range s.Data {
				network := s.network(model, repeat, d.Split)
				if network == nil {
					continue
				}
				for _, at := range settings {
					for _, method := range s.Config.Methods {
						cell := Cell{Network: network.Checkpoint, Method: method, Labels: at.labels, Classes: at.classes, Split: d.Split,
							Seed: s.Config.Seed + uint64(repeat), Protocol: protocols[d.Split]}
						if !method.trained() {
							cell.Network = architectures[network]
						}
						s.plan = append(s.plan, planned{cell, model, repeat, network, d})
					}
				}
			}
		}
	}
	return nil
}

// repeats is the most repeats that a model has.
func (s *Study) repeats() int {
	most := 0
	for _, model := range s.models {
		most = max(most, s.repeatsOf(model))
	}
	return most
}

func (s *Study) repeatsOf(model string) int {
	return s.Config.Repeats * len(s.of(model, s.Config.Splits[0]))
}

// of lists a model's networks that are measured on a split.
func (s *Study) of(model string, split int) []*Network {
	return slices.DeleteFunc(slices.Clone(s.Networks), func(n *Network) bool {
		return n.Model != model || s.Config.OwnSplit && n.Split != split
	})
}

// network is the network of a model's repeat: each takes part in Config.Repeats of them, in turn. nil: there are fewer.
func (s *Study) network(model string, repeat, split int) *Network {
	of := s.of(model, split)
	if repeat >= s.repeatsOf(model) {
		return nil
	}
	return of[repeat%len(of)]
}
