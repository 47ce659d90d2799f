package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// downloads lists what a file downloads, in order, and what it takes to wrap
// what can be wrapped, if only the settings are there.
func (rw *Rewriter) downloads(f *dockerfile.File) ([]Download, []*need) {
	var needs []*need
	all := rw.frontend(f)
	configs := map[*dockerfile.Stage][]config{}
	text := &lowerCase{source: f.Source}
	facts := &fileFacts{globals: globals{}, git: map[int]gitInstall{}}
	s := &inspection{variables: rw.programs.variables}
	for _, in := range f.Instructions {
		if in.Stage == nil {
			continue
		}
		s.in, s.parts = in, s.parts[:0]
		keyword, node := in.Keyword, in.Node
		if keyword == "onbuild" {
			if node = onbuild(in); node == nil {
				continue
			}
			keyword = strings.ToLower(node.Value)
		}
		rw.references(f, facts, s, keyword, node)
		if keyword == "run" {
			r := newRun(f, in, node, rw.named)
			r.configs, r.text = configs, text
			if r.err == nil {
				r.programs = make([][]*program, len(r.script.Commands))
				for i, c := range r.script.Commands {
					r.programs[i] = rw.programs.find(c.Words[0].Text)
				}
			}
			r.root = r.otherRoot()
			if r.err == nil && in.Keyword == "run" {
				configs[in.Stage] = append(configs[in.Stage], rw.configured(r)...)
			}
			rw.inspect(s, r)
		}
		all, needs = s.results(all, needs)
	}
	return all, needs
}

// configured lists the tools that a RUN configures.
func (rw *Rewriter) configured(r *run) []config {
	var list []config
	for i, c := range r.script.Commands {
		for _, p := range r.programs[i] {
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
	return strings.Contains(script, "`") || slices.ContainsFunc(rw.programs.names, func(name string) bool { return strings.Contains(script, name) })
}

// onbuild gives the instruction in an ONBUILD.
func onbuild(in *dockerfile.Instruction) *parser.Node {
	if in.Node.Next == nil || len(in.Node.Next.Children) == 0 {
		return nil
	}
	return in.Node.Next.Children[0]
}

// inspect finds the downloads of the commands in a RUN.
func (rw *Rewriter) inspect(s *inspection, r *run) {
	if r.err != nil {
		rw.unparsed(s, r)
		return
	}
	for i, c := range r.script.Commands {
		if c.Words[0].Holes && strings.Contains(lastElement(c.Words[0].Text), "$") {
			if rw.programs.could(c) {
				s.add(nil, c.Text(), verdict{status: Unresolved, reason: c.Words[0].Text + " cannot be resolved from the Dockerfile, and could be a download"})
			}
			continue
		}
		for _, p := range r.programs[i] {
			if m, ok := p.match(c); ok && !p.offlineBy(r, c) {
				v := r.judge(m)
				s.add(p.rule, p.masked(c), v)
				s.besides(r, m, v)
			}
		}
	}
}

// clash reports the rules that would set a variable to different values for one
// RUN.
func clash(parts []part) {
	owner := map[string]part{}
	for _, p := range parts {
		if p.need == nil {
			continue
		}
		for variable := range p.need.declared {
			if other, taken := owner[variable]; taken {
				reason := fmt.Sprintf("the commands of %s and of %s read $%s, which cannot name both proxies", other.key, p.key, variable)
				for _, d := range []*Download{p.download, other.download} {
					d.Status, d.Reason, d.barred = Overridden, reason, true
				}
			}
			owner[variable] = p
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
func (rw *Rewriter) unparsed(s *inspection, r *run) {
	words := strings.FieldsFunc(r.source, func(c rune) bool { return strings.ContainsRune(" \t\n\"'`;&|()=", c) })
	for _, word := range words {
		if rw.programs.find(word) == nil {
			continue
		}
		v := verdict{status: Unresolved, reason: "its shell cannot be parsed: " + r.err.Error()}
		switch {
		case r.windows():
			v = verdict{status: Unsupported, reason: "this is a Windows image"}
		case r.otherShell() != "":
			v = verdict{status: Unsupported, reason: "SHELL is " + r.otherShell() + ", whose language is not known here"}
		}
		s.add(nil, r.source, v)
		return
	}
}

// newDownload begins the entry for a rule.
func newDownload(in *dockerfile.Instruction, rule string, v verdict) *Download {
	return &Download{
		Line: in.Line, EndLine: in.EndLine, Stage: in.Stage.Label(), Instruction: strings.ToUpper(in.Keyword),
		Rule: rule, Status: v.status, Reason: rules.Mask(v.reason), Fix: rules.Mask(v.fix), Upstreams: []string{},
	}
}

// add notes a command; the one that is worst off decides the status.
func (d *Download) add(command string, v verdict) {
	if v.status.worse(d.Status) {
		d.Status, d.Reason, d.Fix = v.status, rules.Mask(v.reason), rules.Mask(v.fix)
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
