package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// A report is what scan --format json prints: a stable interface.
type report struct {
	Version int            `json:"version"`
	Root    string         `json:"root"`
	Files   []fileReport   `json:"files"`
	Errors  []string       `json:"errors,omitempty"`
	Summary map[string]int `json:"summary"`
}

type fileReport struct {
	Path      string             `json:"path"`
	Downloads []rewrite.Download `json:"downloads"`
	name      string             // as the user would write it
}

func runScan(a *app, o *options, paths []string) (int, error) {
	failOn, err := statuses(o.failOn)
	if err != nil {
		return exitWrong, err
	}
	if o.format != "table" && o.format != "json" {
		return exitWrong, fmt.Errorf("tplproxy scan: there is no format %s; there are table and json", o.format)
	}
	if err := checkPaths(paths); err != nil {
		return exitWrong, err
	}
	rw, _, err := a.rewriter(o, paths)
	if err != nil {
		return exitWrong, err
	}
	inputs, inputErr := a.inputs(paths)
	type outcome struct {
		downloads []rewrite.Download
		ok        bool
	}
	results, scanErr := each(inputs, func(in *input) (outcome, error) {
		downloads, err := rw.Scan(in.src)
		return outcome{downloads, err == nil}, err
	})
	err = errors.Join(inputErr, scanErr)
	r := report{Version: 1, Root: root(paths), Files: []fileReport{}, Summary: map[string]int{}}
	for _, s := range append(rewrite.Statuses(), "downloads") {
		r.Summary[string(s)] = 0
	}
	code := exitDone
	for i, in := range inputs {
		if !results[i].ok {
			continue
		}
		f := fileReport{Path: r.path(in), Downloads: results[i].downloads, name: in.name}
		if f.Downloads == nil {
			f.Downloads = []rewrite.Download{}
		}
		r.Files = append(r.Files, f)
		for _, d := range f.Downloads {
			r.Summary["downloads"]++
			r.Summary[string(d.Status)]++
			if slices.Contains(failOn, d.Status) {
				code = exitFound
			}
		}
	}
	for _, e := range flatten(err) {
		r.Errors = append(r.Errors, rules.Mask(e.Error()))
	}
	if o.format == "json" {
		return code, errors.Join(err, a.printJSON(r))
	}
	a.printTable(r)
	return code, err
}

// root names the directory that the paths of a report are relative to: the one
// that was given, or "" where it was not one directory.
func root(paths []string) string {
	if len(paths) == 1 {
		if info, err := os.Stat(paths[0]); err == nil && info.IsDir() {
			return filepath.ToSlash(filepath.Clean(paths[0]))
		}
	}
	return ""
}

func (r *report) path(in *input) string {
	if r.Root != "" {
		return filepath.ToSlash(in.rels[0])
	}
	return in.name
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

func (a *app) printJSON(r report) error {
	enc := json.NewEncoder(a.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

func (a *app) printTable(r report) {
	for _, f := range r.Files {
		if len(f.Downloads) > 0 {
			a.printFile(f)
		}
	}
	fmt.Fprintf(a.Out, "%s in %s", count(r.Summary["downloads"], "download"), count(len(r.Files), "Dockerfile"))
	sep := ": "
	for _, s := range rewrite.Statuses() {
		if n := r.Summary[string(s)]; n > 0 {
			fmt.Fprintf(a.Out, "%s%d %s", sep, n, s)
			sep = ", "
		}
	}
	fmt.Fprintln(a.Out)
}

// printFile prints a file's downloads: a line for each command and upstream of
// one, and the reason below.
func (a *app) printFile(f fileReport) {
	rows := [][]string{{"LINE", "STATUS", "RULE", "UPSTREAM", "COMMAND"}}
	status := []rewrite.Status{""}
	reasons := map[int]string{} // by the row that they stand below
	for _, d := range f.Downloads {
		for i := range max(len(d.Commands), len(d.Upstreams), 1) {
			cells := []string{"", "", "", at(d.Upstreams, i), at(d.Commands, i)}
			if i == 0 {
				cells = []string{fmt.Sprint(d.Line), string(d.Status), orDash(d.Rule), orDash(at(d.Upstreams, 0)), at(d.Commands, 0)}
			}
			rows, status = append(rows, cells), append(status, d.Status)
		}
		reasons[len(rows)-1] = d.Reason
	}
	var width [4]int
	for _, cells := range rows {
		for i := range width {
			width[i] = max(width[i], utf8.RuneCountInString(cells[i]))
		}
	}
	fmt.Fprintln(a.Out, a.bold(shown(f.name)))
	for i, cells := range rows {
		a.printRow(cells, width, status[i])
		if reasons[i] != "" {
			fmt.Fprintf(a.Out, "%*s%s\n", 4+width[0], "", reasons[i])
		}
	}
	fmt.Fprintln(a.Out)
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

func (a *app) printRow(cells []string, width [4]int, status rewrite.Status) {
	var b strings.Builder
	for i, c := range cells {
		if i == len(width) {
			b.WriteString(c)
			break
		}
		pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2)
		switch {
		case i == 0:
			b.WriteString("  " + pad[2:] + c + "  ")
			continue
		case i == 1:
			c = a.colour(statusColour(status), c)
		}
		b.WriteString(c + pad)
	}
	fmt.Fprintln(a.Out, strings.TrimRight(b.String(), " "))
}

func statusColour(s rewrite.Status) colour {
	switch s {
	case rewrite.Proxied:
		return green
	case rewrite.Wrappable, rewrite.Direct:
		return yellow
	case "":
		return "2"
	}
	return red
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
