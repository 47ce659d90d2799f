package shell

import (
	"maps"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// depth is how many shells are followed into each other.
const depth = 8

// A walker goes through a script in the order in which it runs and notes its
// commands.
type walker struct {
	lookup Lookup
	script Script
	nested int // how many shells stand around the one that is walked
}

// A frame is where the walker stands: the variables, and what wraps the
// commands there.
type frame struct {
	env     *environment
	cleared string
	kept    []string
	rootDir string
	raised  bool
}

func (w *walker) root() *frame {
	return &frame{env: &environment{lookup: w.lookup}}
}

// fork is a frame whose assignments stay in it: a subshell's, a branch's.
func (f *frame) fork() *frame {
	c := *f
	c.env = f.env.copy()
	return &c
}

func (w *walker) stmts(list []*syntax.Stmt, f *frame) {
	for _, s := range list {
		w.stmt(s, f)
	}
}

func (w *walker) stmt(s *syntax.Stmt, f *frame) {
	if s == nil {
		return
	}
	for _, r := range s.Redirs {
		w.substitutions(r.Word, f)
		if r.Hdoc != nil {
			w.substitutions(r.Hdoc, f)
		}
	}
	if s.Cmd == nil {
		return
	}
	if call, ok := s.Cmd.(*syntax.CallExpr); ok {
		w.call(call, s.Redirs, f)
		return
	}
	w.compound(s.Cmd, f)
}

func (w *walker) compound(cmd syntax.Command, f *frame) {
	switch c := cmd.(type) {
	case *syntax.BinaryCmd:
		w.binary(c, f)
	case *syntax.Block:
		w.stmts(c.Stmts, f)
	case *syntax.Subshell:
		w.stmts(c.Stmts, f.fork())
	case *syntax.IfClause:
		w.ifClause(c, f)
	case *syntax.WhileClause:
		w.stmts(c.Cond, f)
		w.branch(c.Do, f)
	case *syntax.ForClause:
		w.forClause(c, f)
	case *syntax.CaseClause:
		w.substitutions(c.Word, f)
		before := f.fork()
		for _, item := range c.Items {
			b := before.fork()
			w.stmts(item.Stmts, b)
			f.env.merge(b.env)
		}
	case *syntax.FuncDecl:
		// A function's commands count where it is declared: that it is called
		// at all is not followed.
		w.stmt(c.Body, f.fork())
	case *syntax.TimeClause:
		w.stmt(c.Stmt, f)
	case *syntax.CoprocClause:
		w.stmt(c.Stmt, f.fork())
	case *syntax.DeclClause:
		for _, a := range c.Args {
			w.assign(a, f)
		}
	default:
		w.substitutions(cmd, f)
	}
}

func (w *walker) binary(c *syntax.BinaryCmd, f *frame) {
	switch c.Op {
	case syntax.Pipe, syntax.PipeAll:
		w.stmt(c.X, f.fork())
		w.stmt(c.Y, f.fork())
	case syntax.OrStmt:
		w.stmt(c.X, f)
		w.branch([]*syntax.Stmt{c.Y}, f)
	default:
		w.stmt(c.X, f)
		w.stmt(c.Y, f)
	}
}

// branch walks what may run or not.
func (w *walker) branch(list []*syntax.Stmt, f *frame) {
	b := f.fork()
	w.stmts(list, b)
	f.env.merge(b.env)
}

func (w *walker) ifClause(c *syntax.IfClause, f *frame) {
	before := f
	var branches []*frame
	for ; c != nil; c = c.Else {
		w.stmts(c.Cond, before)
		b := before.fork()
		w.stmts(c.Then, b)
		branches = append(branches, b)
	}
	for _, b := range branches {
		f.env.merge(b.env)
	}
}

func (w *walker) forClause(c *syntax.ForClause, f *frame) {
	b := f.fork()
	if loop, ok := c.Loop.(*syntax.WordIter); ok {
		for _, item := range loop.Items {
			w.substitutions(item, f)
			w.count(item)
		}
		value := Word{Text: "$" + loop.Name.Value, Holes: true}
		if len(loop.Items) == 1 {
			if only := w.fields(loop.Items[0], f.env); len(only) == 1 {
				value = only[0]
			}
		}
		b.env.assign(loop.Name.Value, value)
	}
	w.stmts(c.Do, b)
	f.env.merge(b.env)
}

// substitutions walks the commands in $( ), ` ` and <( ) below a node.
func (w *walker) substitutions(node syntax.Node, f *frame) {
	switch n := node.(type) {
	case *syntax.Word:
		if n == nil {
			return
		}
		if _, ok := literal(n); ok {
			return
		}
	case nil:
		return
	}
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			w.stmts(n.Stmts, f.fork())
			return false
		case *syntax.ProcSubst:
			w.stmts(n.Stmts, f.fork())
			return false
		}
		return true
	})
}

func (w *walker) assign(a *syntax.Assign, f *frame) {
	w.substitutions(a.Value, f)
	if a.Name == nil || a.Naked {
		return
	}
	v := w.text(a.Value, f.env)
	if a.Append || a.Index != nil || a.Array != nil {
		v = Word{Text: "$" + a.Name.Value, Holes: true}
	}
	f.env.assign(a.Name.Value, v)
}

// call walks a simple command.
func (w *walker) call(c *syntax.CallExpr, redirs []*syntax.Redirect, f *frame) {
	for _, arg := range c.Args {
		w.substitutions(arg, f)
	}
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			w.assign(a, f)
		}
		return
	}
	inner := f
	if len(c.Assigns) > 0 {
		inner = f.fork()
		for _, a := range c.Assigns {
			w.assign(a, inner)
		}
	}
	var words []Word
	for _, arg := range c.Args {
		words = append(words, w.fields(arg, f.env)...)
	}
	w.builtin(words, f)
	if len(words) > 0 {
		w.command(words, inner, redirs)
	}
}

// builtin follows the commands that change the shell's variables.
func (w *walker) builtin(words []Word, f *frame) {
	if len(words) == 0 {
		return
	}
	switch words[0].Text {
	case "read", "mapfile", "readarray", "getopts":
		for _, a := range words[1:] {
			if isName(a.Text) {
				f.env.assign(a.Text, Word{Text: "$" + a.Text, Holes: true})
			}
		}
	case "unset":
		for _, a := range words[1:] {
			if isName(a.Text) {
				f.env.remove(a.Text)
			}
		}
	case "export", "readonly", "local":
		// In dash's eyes these are commands like any other.
		for _, a := range words[1:] {
			if name, value, ok := strings.Cut(a.Text, "="); ok && isName(name) {
				f.env.assign(name, Word{Text: value, Holes: a.Holes})
			}
		}
	}
}

// emit notes a command.
func (w *walker) emit(words []Word, f *frame) {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = quote(word)
	}
	c := Command{Words: words, Cleared: f.cleared, Kept: f.kept, Root: f.rootDir, Raised: f.raised, Text: strings.Join(texts, " ")}
	c.Assigned = maps.Clone(f.env.set)
	c.Removed = maps.Clone(f.env.unset)
	w.script.Commands = append(w.script.Commands, c)
}

// quote writes a word so that a person reads it as one.
func quote(word Word) string {
	if word.Holes || word.Text != "" && !strings.ContainsAny(word.Text, " \t\n'\"`$&;|<>()*?[]#\\!") {
		return word.Text
	}
	if q, err := syntax.Quote(word.Text, syntax.LangBash); err == nil {
		return q
	}
	return word.Text
}
