package experiments

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Group is runs of one experiment whose settings differ in nothing that changes what is
// learned but the seed. Each run has a seed of its own.
type Group struct {
	Name string // what the runs' names have in common
	Runs []Folder

	members []*history
}

// ungrouped are the settings in which the runs of a group may differ: the seed, how far a run
// goes, what it leaves behind, and what changes no number, or the last bits alone.
var ungrouped = []string{
	"seed", "train.steps", "train.minutes", "train.checkpoint_every", "train.keep_newest", "train.keep_every", "train.log_every",
	"train.sample_every", "train.samples", "train.tensorboard", "train.recompute", "train.threads", "data.root", "data.lists", "data.workers", "data.ahead",
}

// GroupRuns reads run folders and puts those together that differ in their seed alone, in the
// order of the first of each. Two runs of one seed never share a group.
func GroupRuns(folders []Folder) ([]Group, error) {
	histories, err := readHistories(folders)
	if err != nil {
		return nil, err
	}
	return groupHistories(histories), nil
}

func groupHistories(histories []*history) []Group {
	var groups []Group
	for _, h := range histories {
		i := slices.IndexFunc(groups, func(g Group) bool { return g.takes(h) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{})
		}
		groups[i].members = append(groups[i].members, h)
		groups[i].Runs = append(groups[i].Runs, h.folder)
	}
	for i := range groups {
		g := &groups[i]
		slices.SortStableFunc(g.members, func(a, b *history) int { return cmp.Compare(a.seed(), b.seed()) })
		for j, h := range g.members {
			g.Runs[j] = h.folder
		}
		g.Name = g.name()
	}
	// Names that two groups share tell nothing apart: those groups take a run's.
	for i := range groups {
		for j := range groups {
			if i != j && groups[i].Name == groups[j].Name && len(groups[i].members) > 1 {
				groups[i].Name = groups[i].members[0].name + ", …"
			}
		}
	}
	return groups
}

func (h *history) seed() int64 { return h.run.Config.Shared().Seed }

// takes says whether a run belongs to the group.
func (g Group) takes(h *history) bool {
	first := g.members[0]
	if first.run.Experiment.Name != h.run.Experiment.Name || first.run.Origin.Clips != h.run.Origin.Clips {
		return false
	}
	if _, _, _, differ := Difference(first.run.Config, h.run.Config, ungrouped...); differ {
		return false
	}
	return !slices.ContainsFunc(g.members, func(other *history) bool { return other.seed() == h.seed() })
}

// name is what the names of the runs begin with, without "seed" or a separator at its end.
func (g Group) name() string {
	name := g.members[0].name
	if len(g.members) == 1 {
		return name
	}
	for _, h := range g.members[1:] {
		for !strings.HasPrefix(h.name, name) {
			name = name[:len(name)-1]
		}
	}
	name = strings.TrimRight(strings.ToValidUTF8(name, ""), "0123456789-_./ ")
	name = strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(name, "seed"), "s"), "-_./ ")
	if name == "" {
		return g.members[0].run.Experiment.Name
	}
	return name
}

// label names the group and how many runs it has.
func (g Group) label() string {
	if len(g.members) == 1 {
		return g.Name
	}
	return fmt.Sprintf("%s (%d seeds)", g.Name, len(g.members))
}
