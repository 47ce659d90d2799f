package rewrite

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// A need is what one RUN needs by one rule.
type need struct {
	in   *dockerfile.Instruction
	rule *rules.Resolved

	// Names of variables and paths of files, and the variables that a flag
	// reads, which are to be declared anew.
	env, files, flagged []string
	deciding            []string // those of env that say where to download from
}

// downloads lists what a file downloads, in order, and what it takes to wrap
// what can be wrapped, if only the settings are there.
func (rw *Rewriter) downloads(f *dockerfile.File) ([]Download, []need) {
	var all []Download
	var needs []need
	configs := map[*dockerfile.Stage][]config{}
	text := &lowerCase{source: f.Source}
	for _, in := range f.Instructions {
		node := in.Node
		if in.Stage == nil || in.Scope == nil {
			continue
		}
		switch in.Keyword {
		case "run":
		case "onbuild":
			if node = onbuild(in); node == nil {
				continue
			}
		default:
			continue
		}
		r := newRun(f, in, node, rw.named)
		r.configs, r.text = configs, text
		r.root = r.otherRoot()
		if r.err == nil && in.Keyword == "run" {
			configs[in.Stage] = append(configs[in.Stage], rw.configured(r)...)
		}
		found, wants := rw.inspect(r)
		all = append(all, found...)
		needs = append(needs, wants...)
	}
	return all, needs
}

// configured lists the tools that a RUN configures.
func (rw *Rewriter) configured(r *run) []config {
	var list []config
	for _, c := range r.script.Commands {
		for _, p := range find(rw.programs, c.Words[0].Text) {
			if len(p.configured) == 0 {
				continue
			}
			options, args := p.parse(c.Words[1:])
			for _, pat := range p.configured {
				m := &call{program: p, command: c, options: options}
				spared := slices.ContainsFunc(options, func(o option) bool { return slices.Contains(pat.Unless, o.name) })
				if ok, _ := m.matches(pat.pattern, args); ok && !spared {
					list = append(list, config{p.rule, pat})
				}
			}
		}
	}
	return list
}

// named tells whether a script could hold a command of the rules: it names one
// of the programs, or has a word that stands for another.
func (rw *Rewriter) named(script string) bool {
	if strings.Contains(script, "$") {
		return true
	}
	for name := range rw.programs {
		if strings.Contains(script, name) {
			return true
		}
	}
	return strings.Contains(script, "`")
}

// onbuild gives the RUN in an ONBUILD.
func onbuild(in *dockerfile.Instruction) *parser.Node {
	if in.Node.Next == nil || len(in.Node.Next.Children) == 0 {
		return nil
	}
	inner := in.Node.Next.Children[0]
	if !strings.EqualFold(inner.Value, "run") {
		return nil
	}
	return inner
}

// inspect finds a RUN's downloads.
func (rw *Rewriter) inspect(r *run) ([]Download, []need) {
	if r.err != nil {
		return rw.unparsed(r), nil
	}
	var byRule map[string]*Download
	var needs map[string]*need
	add := func(rule, command string, v verdict) {
		d := byRule[rule]
		if d == nil {
			if byRule == nil {
				byRule, needs = map[string]*Download{}, map[string]*need{}
			}
			d = r.download(rule, v)
			byRule[rule] = d
		}
		d.add(command, v)
	}
	for _, c := range r.script.Commands {
		if c.Words[0].Holes && strings.Contains(lastElement(c.Words[0].Text), "$") {
			if could(rw.programs, c) {
				add("", c.Text(), verdict{status: Unresolved, reason: c.Words[0].Text + " cannot be resolved from the Dockerfile, and could be a download"})
			}
			continue
		}
		for _, p := range find(rw.programs, c.Words[0].Text) {
			m, ok := p.match(c)
			if !ok || p.offlineBy(r, c) {
				continue
			}
			v := r.judge(m)
			add(p.rule.Name, p.masked(c), v)
			if v.status != Wrappable && v.status != Direct {
				continue
			}
			n := needs[p.rule.Name]
			if n == nil {
				n = &need{in: r.Instruction, rule: p.rule}
				needs[p.rule.Name] = n
			}
			n.env = append(n.env, p.env...)
			n.files = append(n.files, p.files...)
			for _, name := range p.env {
				if slices.Contains(p.variables, name) {
					n.deciding = append(n.deciding, name)
				}
			}
			if v.variable != "" {
				n.flagged = append(n.flagged, v.variable)
			}
		}
	}
	clash(byRule, needs)
	var found []Download
	var wants []need
	for _, name := range slices.Sorted(maps.Keys(byRule)) {
		found = append(found, *byRule[name])
		// All commands of a rule, or none: what is set for one of them reaches
		// the others, too.
		if n := needs[name]; n != nil && !byRule[name].Status.worse(Direct) {
			wants = append(wants, *n)
		}
	}
	return found, wants
}

// clash reports the rules that would set a variable to different values for one
// RUN.
func clash(byRule map[string]*Download, needs map[string]*need) {
	owner := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(needs)) {
		for _, variable := range needs[name].flagged {
			other, taken := owner[variable]
			if taken && other != name {
				for _, rule := range []string{name, other} {
					d := byRule[rule]
					d.Status, d.Reason = Overridden, fmt.Sprintf("the commands of %s and of %s read $%s, which cannot name both proxies", other, name, variable)
				}
			}
			owner[variable] = name
		}
	}
}

func lastElement(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// offlineBy tells whether a variable keeps the command offline.
func (p *program) offlineBy(r *run, c shell.Command) bool {
	for _, name := range p.offlineVars {
		value := ""
		if d := r.Scope.Lookup(name); d != nil && d.Known {
			value = d.Value
		}
		if w, ok := c.Assigned[name]; ok {
			value = w.Text
		}
		if !slices.Contains([]string{"", "0", "false", "no", "off"}, strings.ToLower(value)) {
			return true
		}
	}
	return false
}

// unparsed reports a RUN whose shell cannot be parsed, where one of the
// programs is named in it.
func (rw *Rewriter) unparsed(r *run) []Download {
	words := strings.FieldsFunc(r.source, func(c rune) bool { return strings.ContainsRune(" \t\n\"'`;&|()=", c) })
	for _, word := range words {
		if find(rw.programs, word) == nil {
			continue
		}
		v := verdict{status: Unresolved, reason: "its shell cannot be parsed: " + r.err.Error()}
		switch {
		case r.windows():
			v = verdict{status: Unsupported, reason: "this is a Windows image"}
		case r.otherShell() != "":
			v = verdict{status: Unsupported, reason: "SHELL is " + r.otherShell() + ", whose language is not known here"}
		}
		d := r.download("", v)
		d.add(r.source, v)
		return []Download{*d}
	}
	return nil
}

// download begins the entry for a rule.
func (r *run) download(rule string, v verdict) *Download {
	return &Download{
		Line: r.Line, EndLine: r.EndLine, Stage: r.Stage.Label(), Instruction: strings.ToUpper(r.Keyword),
		Rule: rule, Status: v.status, Reason: rules.Mask(v.reason), Upstreams: []string{},
	}
}

// add notes a command; the one that is worst off decides the status.
func (d *Download) add(command string, v verdict) {
	if v.status.worse(d.Status) {
		d.Status, d.Reason = v.status, rules.Mask(v.reason)
	}
	if d.note == "" {
		d.note = v.note
	}
	d.Commands = append(d.Commands, shorten(rules.Mask(command)))
	for _, h := range v.hosts {
		if h = rules.Mask(h); !slices.Contains(d.Upstreams, h) {
			d.Upstreams = append(d.Upstreams, h)
		}
	}
}
