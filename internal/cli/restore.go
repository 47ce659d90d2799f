package cli

import (
	"errors"
	"fmt"

	"github.com/tplproxy/tplproxy/rewrite"
)

func runRestore(a *app, o *options, paths []string) (int, error) {
	if err := errors.Join(checkPaths(paths), checkOutput(o, paths)); err != nil {
		return exitWrong, err
	}
	restore := func(in *input) (change, error) {
		out, err := rewrite.Restore(in.src)
		return change{in, out}, err
	}
	inputs, err := a.inputs(paths)
	changes, more := each(inputs, restore)
	if err := errors.Join(err, more); err != nil {
		return exitWrong, err
	}
	changed, err := a.settle(o, paths, changes)
	if err != nil {
		return exitWrong, err
	}
	n := 0
	for _, c := range changes {
		if c.changes() {
			n++
		}
	}
	verb := "restored"
	if o.check || o.diff {
		verb = "would be restored"
	}
	fmt.Fprintf(a.messages(o, paths), "%d of %s %s.\n", n, count(len(changes), "Dockerfile"), verb)
	if o.check && changed {
		return exitFound, nil
	}
	return exitDone, nil
}
