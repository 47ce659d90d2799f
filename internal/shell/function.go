package shell

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

// A function is one of the script's own that runs the command it is given:
// retry() { "$@" || "$@"; }.
type function struct {
	declared *environment
	runs     *frame // where its body runs the command, nil where it does not
	behind   []Word // what the body says behind the command
	eval     bool   // whether the command is a script: eval "$@"
}

// declare walks a function. Its commands count where it is declared: that it is
// called at all is not followed.
func (w *walker) declare(c *syntax.FuncDecl, f *frame) {
	b := f.fork()
	b.function = nil
	if c.Name == nil || shifts(c.Body) {
		w.stmt(c.Body, b)
		if c.Name != nil {
			if w.shifting == nil {
				w.shifting = map[string]bool{}
			}
			w.shifting[c.Name.Value] = true
		}
	} else {
		b.function = &function{declared: f.env.copy()}
		w.stmt(c.Body, b)
		delete(w.functions, c.Name.Value)
		if b.function.runs != nil {
			if w.functions == nil {
				w.functions = map[string]*function{}
			}
			w.functions[c.Name.Value] = b.function
		}
	}
	f.env.merge(b.env)
}

// shifts tells whether a function takes some of its arguments away.
func shifts(body *syntax.Stmt) bool {
	found := false
	syntax.Walk(body, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.CallExpr); ok && len(c.Args) > 0 {
			found = found || c.Args[0].Lit() == "shift" || c.Args[0].Lit() == "set"
		}
		return !found
	})
	return found
}

// given tells whether a word is all that the function was called with.
func (f *frame) given(word Word) bool {
	return f.function != nil && word.Prefix == "" && (word.Variable == "@" || word.Variable == "*")
}

// run notes where a function runs the command it is given. The first place
// counts: a call is one command.
func (f *frame) run(behind []Word, eval bool) {
	if f.function.runs == nil {
		f.function.runs, f.function.behind, f.function.eval = f.fork(), behind, eval
	}
}

// through follows the call of a function that runs its arguments.
func (w *walker) through(fn *function, args []Word, f *frame, redirs []*syntax.Redirect) {
	inner := f.fork()
	if fn.runs.cleared != "" {
		inner = f.clear(fn.runs.cleared, fn.runs.kept)
	}
	if fn.runs.rootDir != "" {
		inner.rootDir = fn.runs.rootDir
	}
	inner.raised = inner.raised || fn.runs.raised
	if fn.runs.other != "" {
		inner.other = fn.runs.other
	}
	if fn.runs.elsewhere != "" {
		inner.elsewhere = fn.runs.elsewhere
	}
	for name, v := range fn.runs.env.set {
		if old, ok := fn.declared.set[name]; !ok || old != v {
			inner.env.assign(name, v)
		}
	}
	for name := range fn.runs.env.unset {
		if !fn.declared.unset[name] {
			inner.env.remove(name)
		}
	}
	words := slices.Concat(args, fn.behind)
	if fn.eval {
		w.eval(words, inner)
		return
	}
	w.command(words, inner, redirs)
}
