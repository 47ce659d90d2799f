package shell

import (
	"maps"
	"strings"
	"unicode"

	"mvdan.cc/sh/v3/syntax"
)

// depth is how many shells are followed into each other.
const depth = 8

// A walker goes through a script in the order in which it runs and notes its
// commands.
type walker struct {
	lookup    Lookup
	script    Script
	nested    int                  // how many shells stand around the one that is walked
	functions map[string]*function // those that run a command they are given
	shifting  map[string]bool      // those that take some of their arguments away before
}

// A frame is where the walker stands: the variables, and what wraps the
// commands there.
type frame struct {
	env       *environment
	cleared   string
	kept      []string
	rootDir   string
	raised    bool
	other     string
	elsewhere string
	function  *function // the one whose body it is, nil outside
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

// shell is a frame for a shell that is started, where no function's arguments
// are.
func (f *frame) shell() *frame {
	c := f.fork()
	c.function = nil
	return c
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
	if s.Background {
		f = f.fork()
	}
	for _, r := range s.Redirs {
		w.expansions(r.Word, f)
		w.expansions(r.Hdoc, f)
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
		w.expansions(c.Word, f)
		before := f.fork()
		for _, item := range c.Items {
			for _, p := range item.Patterns {
				w.expansions(p, f)
			}
			b := before.fork()
			w.stmts(item.Stmts, b)
			f.env.merge(b.env)
		}
	case *syntax.FuncDecl:
		w.declare(c, f)
	case *syntax.TimeClause:
		w.stmt(c.Stmt, f)
	case *syntax.CoprocClause:
		w.stmt(c.Stmt, f.fork())
	case *syntax.DeclClause:
		for _, a := range c.Args {
			w.declaration(a, f)
		}
	default:
		w.expansions(cmd, f)
	}
}

func (w *walker) binary(c *syntax.BinaryCmd, f *frame) {
	switch c.Op {
	case syntax.Pipe, syntax.PipeAll:
		if script := w.piped(c, f); script != "" {
			w.nest(script, f.shell())
			return
		}
		w.stmt(c.X, f.fork())
		w.stmt(c.Y, f.fork())
	case syntax.OrStmt:
		w.stmt(c.X, f)
		w.branch([]*syntax.Stmt{c.Y}, f)
	default:
		b := f.fork()
		w.and(c, b)
		f.env.merge(b.env)
	}
}

// and walks a chain of &&: what one link sets holds for those behind it, but
// behind the chain nobody knows how far it came.
func (w *walker) and(c *syntax.BinaryCmd, f *frame) {
	if x, ok := c.X.Cmd.(*syntax.BinaryCmd); ok && x.Op == syntax.AndStmt && !c.X.Negated {
		w.and(x, f)
	} else {
		w.stmt(c.X, f)
	}
	w.stmt(c.Y, f)
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
			w.expansions(item, f)
		}
		value := Word{Text: "$" + loop.Name.Value, Holes: true}
		if len(loop.Items) == 1 {
			if only := w.fields(nil, loop.Items[0], f.env); len(only) == 1 {
				value = only[0]
			}
		}
		b.env.assign(loop.Name.Value, value)
	} else {
		w.expansions(c.Loop, f)
	}
	w.stmts(c.Do, b)
	f.env.merge(b.env)
}

// expansions counts the variables below a node and walks the commands in $( ),
// ` ` and <( ). Each node is given to it once.
func (w *walker) expansions(node syntax.Node, f *frame) {
	if word, ok := node.(*syntax.Word); ok {
		if word == nil {
			return
		}
		if _, ok := literal(word); ok {
			return
		}
	}
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			w.stmts(n.Stmts, f.fork())
			return false
		case *syntax.ProcSubst:
			w.stmts(n.Stmts, f.fork())
			return false
		case *syntax.ParamExp:
			if n.Param != nil {
				w.script.Uses[n.Param.Value]++
			}
		}
		return true
	})
}

// call walks a simple command.
func (w *walker) call(c *syntax.CallExpr, redirs []*syntax.Redirect, f *frame) {
	for _, arg := range c.Args {
		w.expansions(arg, f)
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
	words := make([]Word, 0, len(c.Args))
	for _, arg := range c.Args {
		words = w.fields(words, arg, f.env)
	}
	defer w.builtin(words, f)
	switch {
	case len(words) == 0:
	case w.shifting[words[0].Text]:
		w.emit(append([]Word{newWord(hole(words[0].Text))}, words[1:]...), inner)
	case w.functions[words[0].Text] != nil:
		w.through(w.functions[words[0].Text], words[1:], inner, redirs)
	default:
		w.command(words, inner, redirs)
	}
}

// emit notes a command.
func (w *walker) emit(words []Word, f *frame) {
	c := Command{Words: words, Cleared: f.cleared, Kept: f.kept, Root: f.rootDir, Raised: f.raised, Other: f.other, Elsewhere: f.elsewhere}
	c.Assigned = maps.Clone(f.env.set)
	c.Removed = maps.Clone(f.env.unset)
	w.script.Commands = append(w.script.Commands, c)
}

// Text is the command as a person would write it, for reports.
func (c Command) Text() string {
	texts := make([]string, len(c.Words))
	for i, word := range c.Words {
		texts[i] = quote(word)
	}
	return strings.Join(texts, " ")
}

// quote writes a word so that a person reads it as one.
func quote(word Word) string {
	switch {
	case word.Text != "" && !hasSpecial(word):
		return word.Text
	case word.Holes:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word.Text) + `"`
	}
	if q, err := syntax.Quote(word.Text, syntax.LangBash); err == nil {
		return q
	}
	return word.Text
}

// hasSpecial tells whether a word has characters that need quotes. What could not
// be resolved is written with some of them: $X, $(…).
func hasSpecial(word Word) bool {
	for _, r := range word.Text {
		if 'a' <= r && r <= 'z' || r == '-' || r == '/' || r == '.' {
			continue // most of them
		}
		if !unicode.IsPrint(r) || strings.ContainsRune(" '\"`&;|<>*?[]#\\!", r) || !word.Holes && strings.ContainsRune("$()", r) {
			return true
		}
	}
	return false
}
