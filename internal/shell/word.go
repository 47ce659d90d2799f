package shell

import (
	"errors"
	"io"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// An unresolved part travels through the expansion, and into a nested script,
// between these two: to a shell they are letters like any other. A script that
// holds them itself has words that count as unresolved.
const (
	holeOpen  = "\x02"
	holeClose = "\x03"
	holeMarks = holeOpen + holeClose
)

func hole(name string) string { return holeOpen + name + holeClose }

// fields appends to words what a word becomes when the shell expands and splits
// it.
func (w *walker) fields(words []Word, word *syntax.Word, env *environment) []Word {
	if text, ok := literal(word); ok {
		only := Word{Text: text}
		only.Start, only.End = w.place(word)
		return append(words, only)
	}
	texts, err := expandFields(word, env)
	if err != nil {
		return append(words, Word{Text: source(word), Holes: true})
	}
	for _, t := range texts {
		words = append(words, newWord(t))
	}
	if len(texts) == 1 {
		only := &words[len(words)-1]
		only.Prefix, only.Variable = plain(word)
		only.raw = word
		only.Start, only.End = w.place(word)
	}
	return words
}

// place gives where a word stands in the script that the walk began with.
func (w *walker) place(word *syntax.Word) (start, end int) {
	if w.nested > 0 {
		return 0, 0
	}
	return int(word.Pos().Offset()), int(word.End().Offset())
}

// text expands a word without splitting it, as in an assignment.
func (w *walker) text(word *syntax.Word, env *environment) Word {
	if word == nil {
		return Word{}
	}
	if text, ok := literal(word); ok {
		return Word{Text: text}
	}
	t, err := expandText(word.Parts, env)
	if err != nil {
		return Word{Text: source(word), Holes: true}
	}
	nw := newWord(t)
	nw.Prefix, nw.Variable = plain(word)
	return nw
}

func newWord(expanded string) Word {
	if !strings.ContainsAny(expanded, holeMarks) {
		return Word{Text: expanded}
	}
	return Word{Text: shown.Replace(expanded), Holes: true, marked: expanded}
}

// shown writes unresolved parts as a person would.
var shown = strings.NewReplacer(holeOpen, "$", holeClose, "")

// literal gives the text of a word that needs no expansion, the common case.
func literal(word *syntax.Word) (string, bool) {
	if len(word.Parts) != 1 {
		return "", false
	}
	switch p := word.Parts[0].(type) {
	case *syntax.Lit:
		if !strings.ContainsAny(p.Value, "\\~{"+holeMarks) {
			return p.Value, true
		}
	case *syntax.SglQuoted:
		if !p.Dollar && !strings.ContainsAny(p.Value, holeMarks) {
			return p.Value, true
		}
	case *syntax.DblQuoted:
		if len(p.Parts) == 0 {
			return "", true
		}
		if l, ok := p.Parts[0].(*syntax.Lit); ok && len(p.Parts) == 1 && !strings.ContainsAny(l.Value, "\\"+holeMarks) {
			return l.Value, true
		}
	}
	return "", false
}

var errBraces = errors.New("an expansion is too long")

func expandFields(word *syntax.Word, env *environment) ([]string, error) {
	if braces(word) > maxBraces || len(word.Parts) > maxBraces {
		return nil, errBraces
	}
	return expand.Fields(env.config(), &syntax.Word{Parts: certain(word.Parts, env)})
}

// expandText expands without splitting.
func expandText(parts []syntax.WordPart, env *environment) (string, error) {
	parts = certain(parts, env)
	for i, part := range parts {
		// expand.Literal leaves the backslashes in what is not quoted.
		if l, ok := part.(*syntax.Lit); ok && strings.Contains(l.Value, "\\") && l.Value[0] != '~' {
			parts[i] = &syntax.SglQuoted{Value: unescape(l.Value, "")}
		}
	}
	return expand.Literal(env.config(), &syntax.Word{Parts: parts})
}

const maxBraces = 256

// braces is at least the number of words that a word's braces make. A range
// may be arbitrarily long, and dash expands none.
func braces(word *syntax.Word) int {
	n := 1
	for _, part := range word.Parts {
		l, ok := part.(*syntax.Lit)
		if !ok {
			continue
		}
		for i, s := range strings.Split(l.Value, "{") {
			if i > 0 && strings.Contains(s, "..") {
				return maxBraces + 1
			}
			if n *= 1 + strings.Count(s, ","); n > maxBraces {
				break
			}
		}
	}
	return n
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

// source prints a node as shell.
func source(node syntax.Node) string {
	var b strings.Builder
	if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, node); err != nil {
		return "$(…)"
	}
	return b.String()
}

// maxValue keeps a value that doubles itself from taking all the memory there is.
const maxValue = 16 << 10

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
	if len(v.Text) > maxValue {
		v = Word{Text: "$" + name, Holes: true}
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
	if e.unset[name] {
		return expand.Variable{}
	}
	v, set := e.set[name]
	switch {
	case name == "@" || name == "*":
		return expand.Variable{Set: true, Kind: expand.Indexed, List: []string{hole(name)}}
	case set && !v.Holes:
		return value(v.Text)
	case name == "IFS":
		return expand.Variable{} // no shell takes it from its environment
	case set && partly(v.marked):
		return value(v.marked)
	case set:
		return value(hole(name))
	}
	text, state := e.outer(name)
	switch state {
	case Known:
		return value(text)
	case Unset:
		return expand.Variable{}
	}
	return value(hole(name))
}

// partly tells whether a text with marks is more than one hole.
func partly(marked string) bool {
	return marked != "" && (strings.LastIndex(marked, holeOpen) > 0 || !strings.HasSuffix(marked, holeClose))
}

// outer gives what the Dockerfile has, of a name that may be none ($1, $?).
func (e *environment) outer(name string) (string, Value) {
	if !isName(name) {
		return "", Unknown
	}
	return e.lookup(name)
}

// resolved tells whether the value of a variable, or its absence, is known.
func (e *environment) resolved(name string) bool {
	return !strings.ContainsAny(e.Get(name).String(), holeMarks)
}

// Set implements expand.WriteEnviron, for ${NAME:=word}.
func (e *environment) Set(name string, v expand.Variable) error {
	e.assign(name, newWord(v.Str))
	return nil
}

// Each implements expand.Environ.
func (e *environment) Each(func(string, expand.Variable) bool) {}

func isName(s string) bool { return syntax.ValidName(s) }
