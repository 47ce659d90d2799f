package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// formats are those of a scan's report.
var formats = []string{"table", "json", "sarif"}

func runScan(a *app, o *options, paths []string) (int, error) {
	failOn, err := statuses(o.failOn)
	if err != nil {
		return exitWrong, err
	}
	if !slices.Contains(formats, o.format) {
		return exitWrong, fmt.Errorf("tplproxy scan: there is no format %s; there are %s", o.format, strings.Join(formats, ", "))
	}
	if err := checkPaths(paths); err != nil {
		return exitWrong, err
	}
	rw, err := a.setup(o, paths)
	if err != nil {
		return exitWrong, err
	}
	inputs, inputErr := a.inputs(paths)
	results, scanErr := each(inputs, func(in *input) (scanned, error) {
		downloads, err := rw.Scan(in.src)
		return scanned{downloads, err == nil}, err
	})
	err = errors.Join(inputErr, scanErr)
	r := newReport(root(paths), inputs, results, err)
	switch o.format {
	case "json":
		err = errors.Join(err, a.printJSON(r))
	case "sarif":
		err = errors.Join(err, a.printJSON(newSARIF(r, rw.Rules(), flatten(err))))
	default:
		a.printTable(r)
	}
	if r.has(failOn) {
		return exitFound, err
	}
	return exitDone, err
}

// statuses reads the values of --fail-on.
func statuses(names []string) ([]rewrite.Status, error) {
	var list []rewrite.Status
	all := statusNames()
	for _, n := range names {
		if !slices.Contains(all, n) {
			return nil, fmt.Errorf("tplproxy scan: --fail-on: %w", rules.Unknown("status", n, all))
		}
		list = append(list, rewrite.Status(n))
	}
	return list, nil
}

func statusNames() []string {
	var names []string
	for _, s := range rewrite.Statuses() {
		names = append(names, string(s))
	}
	return names
}
