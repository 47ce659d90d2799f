package shell

import (
	"errors"
	"io"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// An unresolved part travels through the expansion between these two. A script
// that holds them itself has words that count as unresolved.
const (
	holeOpen  = "\x02"
	holeClose = "\x03"
)

// unresolved is a variable that is never known. It stands for an outer shell's
// unresolved part in a nested script.
const unresolved = "TPLPROXY_UNRESOLVED"

func hole(name string) string { return holeOpen + name + holeClose }

// fields expands and splits a word as the shell would.
func (w *walker) fields(word *syntax.Word, env *environment) []Word {
	if text, ok := literal(word); ok {
		return []Word{{Text: text}}
	}
	w.count(word)
	texts, err := expandFields(word, env)
	if err != nil {
		return []Word{{Text: source(word), Holes: true}}
	}
	words := make([]Word, len(texts))
	for i, t := range texts {
		words[i] = newWord(t)
	}
	if len(words) == 1 {
		words[0].Prefix, words[0].Variable = plain(word)
		words[0].raw = word
	}
	return words
}

// text expands a word without splitting it, as in an assignment.
func (w *walker) text(word *syntax.Word, env *environment) Word {
	if word == nil {
		return Word{}
	}
	if text, ok := literal(word); ok {
		return Word{Text: text}
	}
	w.count(word)
	t, err := expand.Literal(env.config(), word)
	if err != nil {
		return Word{Text: source(word), Holes: true}
	}
	nw := newWord(t)
	nw.Prefix, nw.Variable = plain(word)
	return nw
}

func newWord(expanded string) Word {
	if !strings.Contains(expanded, holeOpen) && !strings.Contains(expanded, holeClose) {
		return Word{Text: expanded}
	}
	return Word{Text: strings.NewReplacer(holeOpen, "$", holeClose, "").Replace(expanded), Holes: true}
}

// literal gives the text of a word that needs no expansion, the common case.
func literal(word *syntax.Word) (string, bool) {
	if len(word.Parts) != 1 {
		return "", false
	}
	switch p := word.Parts[0].(type) {
	case *syntax.Lit:
		if !strings.ContainsAny(p.Value, "\\~{") {
			return p.Value, true
		}
	case *syntax.SglQuoted:
		if !p.Dollar {
			return p.Value, true
		}
	case *syntax.DblQuoted:
		if len(p.Parts) == 0 {
			return "", true
		}
		if l, ok := p.Parts[0].(*syntax.Lit); ok && len(p.Parts) == 1 && !strings.Contains(l.Value, "\\") {
			return l.Value, true
		}
	}
	return "", false
}

var errRange = errors.New("a brace range is not expanded")

func expandFields(word *syntax.Word, env *environment) ([]string, error) {
	for _, part := range word.Parts {
		// A range may be arbitrarily long, and dash expands none.
		if l, ok := part.(*syntax.Lit); ok && strings.Contains(l.Value, "{") && strings.Contains(l.Value, "..") {
			return nil, errRange
		}
	}
	return expand.Fields(env.config(), word)
}

// plain tells whether a word is an optional literal and then one expansion of
// a variable, without any modifier.
func plain(word *syntax.Word) (prefix, variable string) {
	parts := word.Parts
	if len(parts) == 1 {
		if q, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = q.Parts
		}
	}
	if len(parts) == 2 {
		l, ok := parts[0].(*syntax.Lit)
		if !ok {
			return "", ""
		}
		prefix, parts = l.Value, parts[1:]
		if q, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = q.Parts
		}
	}
	if len(parts) != 1 {
		return "", ""
	}
	if p, ok := parts[0].(*syntax.ParamExp); ok && plainParam(p) {
		return prefix, p.Param.Value
	}
	return "", ""
}

func plainParam(p *syntax.ParamExp) bool {
	return p.Param != nil && !p.Excl && !p.Length && !p.Width && !p.IsSet && p.Index == nil && p.Slice == nil &&
		p.Repl == nil && p.Names == 0 && p.Exp == nil && p.NestedParam == nil && len(p.Modifiers) == 0
}

// count notes each expansion of a variable.
func (w *walker) count(node syntax.Node) {
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst:
			return n == node // their commands are walked, and counted, on their own
		case *syntax.ParamExp:
			if n.Param != nil {
				w.script.Uses[n.Param.Value]++
			}
		}
		return true
	})
}

// source prints a node as shell.
func source(node syntax.Node) string {
	var b strings.Builder
	if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, node); err != nil {
		return "$(…)"
	}
	return b.String()
}

// An environment shows the variables to the expansion: what the script set
// first, then what the Dockerfile has.
type environment struct {
	lookup Lookup
	set    map[string]Word // by the script; nil where nothing is
	unset  map[string]bool
}

func (e *environment) copy() *environment {
	c := &environment{lookup: e.lookup}
	for k, v := range e.set {
		c.assign(k, v)
	}
	for k := range e.unset {
		c.remove(k)
	}
	return c
}

func (e *environment) assign(name string, v Word) {
	if e.set == nil {
		e.set = map[string]Word{}
	}
	e.set[name] = v
	delete(e.unset, name)
}

func (e *environment) remove(name string) {
	if e.unset == nil {
		e.unset = map[string]bool{}
	}
	delete(e.set, name)
	e.unset[name] = true
}

// merge takes in what a branch may have set: where it differs, nobody knows
// which of the two holds.
func (e *environment) merge(branch *environment) {
	for name, v := range branch.set {
		if old, ok := e.set[name]; !ok || old.Text != v.Text || old.Holes != v.Holes {
			e.assign(name, Word{Text: "$" + name, Holes: true})
		}
	}
	for name := range branch.unset {
		if !e.unset[name] {
			e.assign(name, Word{Text: "$" + name, Holes: true})
		}
	}
}

func (e *environment) config() *expand.Config {
	return &expand.Config{
		Env: e,
		CmdSubst: func(out io.Writer, _ *syntax.CmdSubst) error {
			_, err := io.WriteString(out, hole("(…)"))
			return err
		},
		ProcSubst: func(*syntax.ProcSubst) (string, error) { return "/dev/fd/63", nil },
	}
}

// Get implements expand.Environ.
func (e *environment) Get(name string) expand.Variable {
	value := func(s string) expand.Variable {
		return expand.Variable{Set: true, Exported: true, Kind: expand.String, Str: s}
	}
	switch {
	case name == "IFS" || name == "PWD" || e.unset[name]:
		return expand.Variable{}
	case name == unresolved:
		return value(hole("…"))
	}
	if v, ok := e.set[name]; ok {
		if v.Holes {
			return value(hole(name))
		}
		return value(v.Text)
	}
	text, state := "", Unknown
	if isName(name) {
		text, state = e.lookup(name)
	}
	switch state {
	case Known:
		return value(text)
	case Unset:
		return expand.Variable{}
	}
	return value(hole(name))
}

// Set implements expand.WriteEnviron, for ${NAME:=word}.
func (e *environment) Set(name string, v expand.Variable) error {
	e.assign(name, newWord(v.Str))
	return nil
}

// Each implements expand.Environ.
func (e *environment) Each(func(string, expand.Variable) bool) {}

func isName(s string) bool { return syntax.ValidName(s) }
