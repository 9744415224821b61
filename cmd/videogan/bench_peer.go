package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"videogan/experiments"
)

func newBenchPeer(c *console) *cobra.Command {
	var o experiments.PeerOptions
	cmd := &cobra.Command{
		Use:   "peer",
		Short: "Compare with PyTorch on the same cores",
		Long: `Run the same training steps here and in PyTorch, in rounds of this program, PyTorch at its best
and PyTorch as it comes, and write medians and ratios. Every result is kept in pairs.jsonl as soon
as it is there: a comparison that was interrupted goes on where it stopped, and more --pairs add
rounds. Without PyTorch there is nothing to compare with: a message says so, and that is all.`,
		Example: `  videogan bench peer --out runs/peer
  videogan bench peer --out runs/peer --row vgan-4 --row svc --pairs 3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if o.Program, err = os.Executable(); err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			o.Log = func(message string, args ...any) { c.logger.Info(message, args...) }
			results, err := experiments.ComparePeer(cmd.Context(), o)
			if errors.Is(err, experiments.ErrNoPeer) {
				c.logger.Warn("comparison skipped", "reason", err)
				return nil
			}
			// What was measured before an interrupt is worth its table.
			if summary := experiments.SummarizePeer(results); len(summary.Rows) > 0 {
				if err := experiments.WritePeer(o.Folder, summary); err != nil {
					return err
				}
				fmt.Fprint(c.out, summary.Markdown())
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.Rows, "row", nil, "row of the table; repeat for more; none: all")
	flags.IntVar(&o.Pairs, "pairs", 7, "rounds of each row")
	flags.StringVar(&o.Folder, "out", "runs/peer", "folder for pairs.jsonl, peer.json and peer.md")
	flags.StringVar(&o.Scripts, "scripts", "scripts/peer", "folder of peer.py")
	flags.StringVar(&o.Python, "python", "", "Python that has PyTorch; empty: look for one")
	return cmd
}
