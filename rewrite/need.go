package rewrite

import (
	"cmp"
	"slices"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/rules"
)

// A need is what it takes to wrap what one instruction fetches by one rule.
type need struct {
	in   *dockerfile.Instruction
	rule *rules.Resolved

	variables  map[string]*resource // of the rule
	env, files []string             // names of variables and paths of files, as the rule has them
	declared   map[string]string    // variables that a reference is read from, with the values that they need
	along      []*resource          // what is set besides, for what is installed
	edits      []edit
	mend       string   // a script that takes back what the change leaves in the stage
	scripts    bool     // whether the rule's scripts run around it
	dirs       []string // that they are given

	proof proof
}

// A proof is what blocks must show for a need to be met.
type proof struct {
	names   []string // variables and files that must be set
	changed []int    // instructions that must be changed, by index
	instead []string // variables and files that do as well as the changes; nil where nothing does
}

// An inspection is what is found in one instruction.
type inspection struct {
	in        *dockerfile.Instruction
	variables map[*rules.Resolved]map[string]*resource
	parts     []part
}

// A part of what is found is what one rule finds, or one host that is asked
// besides.
type part struct {
	key      string // the rule's name, and the host
	download *Download
	need     *need // nil where nothing is to be wrapped
}

func (s *inspection) part(key string) *part {
	for i := range s.parts {
		if s.parts[i].key == key {
			return &s.parts[i]
		}
	}
	return nil
}

// add notes what a rule fetches; the rule is nil where it could be any.
func (s *inspection) add(rule *rules.Resolved, command string, v verdict) {
	name := ""
	if rule != nil {
		name = rule.Name
	}
	p := s.part(name)
	if p == nil {
		s.parts = append(s.parts, part{name, newDownload(s.in, name, v), nil})
		p = &s.parts[len(s.parts)-1]
	}
	p.download.add(command, v)
	if rule == nil || v.status != Wrappable && (v.status != Direct || !v.changeable && !v.scripts && len(v.env)+len(v.files) == 0 && v.variable == "") {
		p.download.barred = true
		return
	}
	if p.need == nil {
		p.need = &need{in: s.in, rule: rule, variables: s.variables[rule]}
	}
	p.need.take(s.in, v)
}

// besides notes the hosts that a command asks past any proxy; of one that is not
// proxied itself, only those that it names.
func (s *inspection) besides(r *run, m *call, found verdict) {
	for _, host := range m.besides {
		b := m.rule.Besides[host]
		v := verdict{status: Direct, reason: b.Reason, hosts: []string{host}}
		if b.Unless != "" {
			v.fix = "set " + b.Unless
		}
		switch {
		case host == "URL", host == "ARCHIVE":
			var unresolved string
			v.hosts, unresolved = m.fromURLs(host == "ARCHIVE")
			if unresolved == "" && len(v.hosts) == 0 {
				continue
			}
			if lost := (verdict{}); r.unsupported(&lost) || r.offline(&lost) {
				v.status, v.reason, v.fix = lost.status, lost.reason, lost.fix
			} else if unresolved != "" {
				v.status, v.reason, v.fix = Unresolved, unresolved+" cannot be resolved from the Dockerfile", writeOut
			}
		case found.status.worse(Direct), b.Of != "" && !slices.Contains(m.hosts, b.Of):
			continue
		}
		command := m.masked(m.command)
		key := m.rule.Name + " " + host
		direct := s.part(key)
		if direct == nil {
			s.parts = append(s.parts, part{key, newDownload(s.in, m.rule.Name, v), nil})
			direct = &s.parts[len(s.parts)-1]
			direct.download.barred = true
		}
		direct.download.add(command, v)
	}
}

func (n *need) take(in *dockerfile.Instruction, v verdict) {
	names := slices.Concat(v.deciding, v.files)
	at := in.Index
	if v.changeIn != nil {
		at = v.changeIn.Index
	}
	if v.variable != "" {
		names = append(names, v.variable)
	}
	if len(v.edits) == 0 || v.both {
		n.env, n.files = append(n.env, v.env...), append(n.files, v.files...)
		if v.variable != "" {
			if n.declared == nil {
				n.declared = map[string]string{}
			}
			n.declared[v.variable] = v.value
		}
	}
	n.edits = append(n.edits, v.edits...)
	n.along = append(n.along, v.along...)
	if v.mend != "" {
		n.mend = v.mend
	}
	if v.scripts {
		n.scripts, n.dirs = true, v.dirs
	}
	switch {
	case !v.changeable:
		n.proof.names = append(n.proof.names, names...)
	case v.both:
		n.proof.names = append(n.proof.names, slices.DeleteFunc(names, func(name string) bool { return n.rule.Env[name]+n.rule.Files[name] == "" })...)
		n.proof.changed = append(n.proof.changed, at)
	default:
		n.proof.instead = append(n.proof.instead, names...)
		n.proof.changed = append(n.proof.changed, at)
	}
}

// results adds the downloads, and the needs of those that are to be wrapped. All
// commands of a rule, or none: what is set for one of them reaches the others,
// too.
func (s *inspection) results(found []Download, wants []*need) ([]Download, []*need) {
	if len(s.parts) > 1 {
		slices.SortFunc(s.parts, func(a, b part) int { return cmp.Compare(a.key, b.key) })
		clash(s.parts)
	}
	for _, p := range s.parts {
		found = append(found, *p.download)
		if n := p.need; n != nil && !p.download.barred {
			// What goes along for another rule does not where that rule is barred.
			n.along = slices.DeleteFunc(n.along, func(r *resource) bool { d := s.part(r.of.Name); return d != nil && d.download.barred })
			wants = append(wants, n)
		}
	}
	return found, wants
}
