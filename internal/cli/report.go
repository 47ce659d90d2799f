package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// A report is what scan --format json prints: a stable interface.
type report struct {
	Version   int               `json:"version"`
	Root      string            `json:"root"`
	Files     []fileReport      `json:"files"`
	Errors    []string          `json:"errors,omitempty"`
	Summary   map[string]int    `json:"summary"`
	Rules     map[string]*tally `json:"rules"`     // a download of no rule counts for none
	Upstreams map[string]*tally `json:"upstreams"` // one from several hosts counts for each, one without a host for none
}

type fileReport struct {
	Path      string             `json:"path"`
	Downloads []rewrite.Download `json:"downloads"`
	in        *input
}

// A tally counts downloads.
type tally struct {
	Downloads int `json:"downloads"`
	Proxied   int `json:"proxied"`
}

// A scanned file is one that could be read as a Dockerfile, or not.
type scanned struct {
	downloads []rewrite.Download
	ok        bool
}

// newReport puts together what was found in the inputs, and what went wrong.
func newReport(root string, inputs []*input, results []scanned, err error) *report {
	r := &report{
		Version: 1, Root: root, Files: []fileReport{},
		Summary: map[string]int{}, Rules: map[string]*tally{}, Upstreams: map[string]*tally{},
	}
	for _, s := range append(rewrite.Statuses(), "downloads") {
		r.Summary[string(s)] = 0
	}
	for i, in := range inputs {
		if !results[i].ok {
			continue
		}
		f := fileReport{Path: r.path(in), Downloads: results[i].downloads, in: in}
		if f.Downloads == nil {
			f.Downloads = []rewrite.Download{}
		}
		r.Files = append(r.Files, f)
		for _, d := range f.Downloads {
			r.count(d)
		}
	}
	for _, e := range flatten(err) {
		r.Errors = append(r.Errors, rules.Mask(e.Error()))
	}
	return r
}

func (r *report) count(d rewrite.Download) {
	r.Summary["downloads"]++
	r.Summary[string(d.Status)]++
	if d.Rule != "" {
		add(r.Rules, d.Rule, d.Status)
	}
	for _, host := range d.Upstreams {
		add(r.Upstreams, host, d.Status)
	}
}

func add(tallies map[string]*tally, name string, status rewrite.Status) {
	t := tallies[name]
	if t == nil {
		t = &tally{}
		tallies[name] = t
	}
	t.Downloads++
	if status == rewrite.Proxied {
		t.Proxied++
	}
}

// has tells whether a download has one of the statuses.
func (r *report) has(list []rewrite.Status) bool {
	return slices.ContainsFunc(list, func(s rewrite.Status) bool { return r.Summary[string(s)] > 0 })
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

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
