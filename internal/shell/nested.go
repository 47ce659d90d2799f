package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// script1 follows a word that is a script itself, in a shell of its own.
func (w *walker) script1(word Word, f *frame) {
	w.nest(w.scriptText(word, f), f.shell())
}

// nest walks a script within a script.
func (w *walker) nest(script string, f *frame) {
	file, err := parse(script)
	if err != nil || w.nested >= depth {
		w.emit([]Word{{Text: "$(" + script + ")", Holes: true}}, f)
		return
	}
	w.nested++
	w.stmts(file.Stmts, f)
	w.nested--
}

// scriptText gives the script that a word becomes. A variable that the inner
// shell resolves just as the outer one does stays in it as a variable, so that
// it can be told what the inner command takes from it.
func (w *walker) scriptText(word Word, f *frame) string {
	if word.raw != nil {
		return w.nestedText(word.raw.Parts, f)
	}
	switch {
	case !word.Holes:
		return word.Text
	case word.marked == "":
		return hole("…")
	}
	var b strings.Builder
	writeHoles(&b, word.marked)
	return b.String()
}

func (w *walker) nestedText(parts []syntax.WordPart, f *frame) string {
	n := nesting{f: f, kept: map[string]int{}}
	n.write(parts)
	for name := range n.kept {
		if strings.Contains(n.String(), name+"=") {
			// The inner script sets it itself, perhaps.
			n = nesting{f: f}
			n.write(parts)
			break
		}
	}
	for name, times := range n.kept {
		w.script.Uses[name] -= times // the inner script's walk counts them
	}
	return n.String()
}

// A nesting is a script within a script, as it is put together.
type nesting struct {
	strings.Builder
	f    *frame
	kept map[string]int // the variables left in it, nil where none may be
}

func (n *nesting) write(parts []syntax.WordPart) {
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.SglQuoted:
			if !p.Dollar {
				n.WriteString(p.Value)
				continue
			}
		case *syntax.DblQuoted:
			n.write(quoted(p.Parts, `"`))
			continue
		case *syntax.ParamExp:
			if n.kept != nil && plainParam(p) && n.f.sameInside(p.Param.Value) && !endsQuoted(n.String()) {
				n.kept[p.Param.Value]++
				n.WriteString("${" + p.Param.Value + "}")
				continue
			}
		}
		text, err := expandText([]syntax.WordPart{part}, n.f.env)
		if err != nil {
			text = hole("")
		}
		writeHoles(&n.Builder, text)
	}
}

// writeHoles writes a text whose holes have names that a shell takes for words.
func writeHoles(b *strings.Builder, text string) {
	for {
		before, after, found := strings.Cut(text, holeOpen)
		b.WriteString(before)
		if !found {
			return
		}
		var name string
		name, text, _ = strings.Cut(after, holeClose)
		if !isName(name) {
			name = "…"
		}
		b.WriteString(hole(name))
	}
}

// endsQuoted tells whether a script breaks off within single quotes.
func endsQuoted(script string) bool {
	var quote byte
	for i := 0; i < len(script); i++ {
		switch c := script[i]; {
		case c == '\\' && quote != '\'':
			i++
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		}
	}
	return quote == '\''
}

// heredoc gives the text of a heredoc's body.
func (w *walker) heredoc(r *syntax.Redirect, f *frame) string {
	for _, part := range r.Word.Parts {
		if l, ok := part.(*syntax.Lit); !ok || strings.Contains(l.Value, "\\") {
			return w.nestedText(literally(r.Hdoc.Parts), f)
		}
	}
	return w.nestedText(quoted(r.Hdoc.Parts, ""), f)
}

// literally gives the text as it is written, which is all there is below the
// quoted delimiter of a heredoc.
func literally(parts []syntax.WordPart) []syntax.WordPart {
	return eachLiteral(parts, func(s string) string { return s })
}

// quoted keeps the parts of a double-quoted string, or of a heredoc, in their
// quotes, so that their escapes are read as such. A heredoc has no quotes to
// escape.
func quoted(parts []syntax.WordPart, quote string) []syntax.WordPart {
	return eachLiteral(parts, func(s string) string { return unescape(s, "$`\\\n"+quote) })
}

func eachLiteral(parts []syntax.WordPart, text func(string) string) []syntax.WordPart {
	list := slices.Clone(parts)
	for i, p := range parts {
		if l, ok := p.(*syntax.Lit); ok {
			list[i] = &syntax.SglQuoted{Value: text(l.Value)}
		}
	}
	return list
}

// unescape takes off the backslashes before the special characters, before any
// where none are named, and a line's end behind one.
func unescape(s, special string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (special == "" || strings.IndexByte(special, s[i+1]) >= 0) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// sameInside tells whether an inner shell would resolve the variable as the
// outer one does: the script did not set it, the environment reaches the inner
// shell, and the value holds nothing that the inner shell would read as more
// than words.
func (f *frame) sameInside(name string) bool {
	if !isName(name) || f.cleared != "" || f.env.unset[name] {
		return false
	}
	if _, ok := f.env.set[name]; ok {
		return false
	}
	value, state := f.env.lookup(name)
	return state == Unknown || state == Known && !strings.ContainsAny(value, "'\"`$\\;&|<>()#*?[]{}~!\n")
}

// piped gives the script in cat <<EOF | sh, where the shell reads its standard
// input and nothing else is piped; "" for any other pipe.
func (w *walker) piped(c *syntax.BinaryCmd, f *frame) string {
	from, isCall := c.X.Cmd.(*syntax.CallExpr)
	to, isShell := c.Y.Cmd.(*syntax.CallExpr)
	if !isCall || !isShell || len(from.Args) != 1 || from.Args[0].Lit() != "cat" || len(to.Args) == 0 || len(c.X.Redirs) != 1 || len(c.Y.Redirs) > 0 {
		return ""
	}
	if !slices.Contains(shells, path.Base(to.Args[0].Lit())) || c.X.Redirs[0].Hdoc == nil {
		return ""
	}
	for _, a := range to.Args[1:] {
		if text := a.Lit(); text == "" || text[0] != '-' || strings.ContainsAny(text, "co") {
			return ""
		}
	}
	return w.heredoc(c.X.Redirs[0], f)
}
