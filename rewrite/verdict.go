package rewrite

import (
	"path"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// A verdict is what becomes of one command, or of one reference.
type verdict struct {
	status Status
	reason string
	fix    string // what would change that
	hosts  []string
	note   string // what to know about it as a proxied one

	env, files []string // what is to be set for it
	deciding   []string // those of env that say where to download from
	along      []*resource

	variable, value string // a variable that a reference is read from, and what it must be

	// changeable tells that words of an instruction can be changed, in place of
	// what is to be set, or, where it says both, besides.
	changeable bool
	both       bool
	edits      []edit
	changeIn   *dockerfile.Instruction // nil for the one that fetches
	mend       string                  // a script that takes back what the change leaves behind
	scripts    bool                    // whether the rule's scripts run around it
	dirs       []string                // that they are given
}

// upstream gives the host that a rule stands in for.
func (r *run) upstream(p *program) []string {
	if len(p.upstreams) == 0 {
		return p.upstream
	}
	image := path.Base(r.Stage.Image())
	for _, host := range p.upstreams {
		if strings.Contains(image, host.name) {
			return []string{host.Reason}
		}
	}
	return nil
}

// note is what to know about a command that is proxied all the same.
func (r *run) note(m *call) string {
	for _, o := range m.options {
		if n := m.notes[o.name]; n != "" {
			return n
		}
	}
	if n := m.notes[""]; n != "" {
		return n
	}
	first := "" // by name
	for name := range m.notes {
		if name[0] != '-' && (first == "" || name < first) && r.value(m, name) != "" {
			first = name
		}
	}
	if first == "" {
		return ""
	}
	return m.notes[first]
}
