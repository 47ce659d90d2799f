package shell

import (
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// script1 follows a word that is a script itself.
func (w *walker) script1(word Word, f *frame) {
	w.nest(w.scriptText(word, f), f)
}

// nest walks a script within a script.
func (w *walker) nest(script string, f *frame) {
	file, err := parse(script)
	if err != nil || w.nested >= depth {
		w.emit([]Word{{Text: "$(" + script + ")", Holes: true}}, f)
		return
	}
	w.nested++
	w.stmts(file.Stmts, f.fork())
	w.nested--
}

// scriptText gives the script that a word becomes. A variable that the inner
// shell resolves just as the outer one does stays in it as a variable, so that
// it can be told what the inner command takes from it.
func (w *walker) scriptText(word Word, f *frame) string {
	if word.raw != nil {
		return w.nestedText(word.raw.Parts, f)
	}
	if word.Holes {
		return "${" + unresolved + "}"
	}
	return word.Text
}

func (w *walker) nestedText(parts []syntax.WordPart, f *frame) string {
	var b strings.Builder
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.SglQuoted:
			if !p.Dollar {
				b.WriteString(p.Value)
				continue
			}
		case *syntax.DblQuoted:
			b.WriteString(w.nestedText(quoted(p.Parts), f))
			continue
		case *syntax.ParamExp:
			if plainParam(p) && w.sameInside(p.Param.Value, f) {
				w.script.Uses[p.Param.Value]--
				b.WriteString("${" + p.Param.Value + "}")
				continue
			}
		}
		text, err := expand.Literal(f.env.config(), &syntax.Word{Parts: []syntax.WordPart{part}})
		if err != nil {
			text = hole("")
		}
		for {
			before, after, found := strings.Cut(text, holeOpen)
			b.WriteString(before)
			if !found {
				break
			}
			b.WriteString("${" + unresolved + "}")
			_, text, _ = strings.Cut(after, holeClose)
		}
	}
	return b.String()
}

// quoted keeps the parts of a double-quoted string in their quotes, so that
// their escapes are read as such.
func quoted(parts []syntax.WordPart) []syntax.WordPart {
	list := make([]syntax.WordPart, len(parts))
	for i, p := range parts {
		list[i] = p
		if l, ok := p.(*syntax.Lit); ok && strings.Contains(l.Value, "\\") {
			list[i] = &syntax.SglQuoted{Value: unescape(l.Value)}
		}
	}
	return list
}

// unescape takes off the backslashes that mean something in double quotes.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("$`\"\\\n", s[i+1]) >= 0 {
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
func (w *walker) sameInside(name string, f *frame) bool {
	if !isName(name) || f.cleared != "" || f.env.unset[name] || name == unresolved {
		return false
	}
	if _, ok := f.env.set[name]; ok {
		return false
	}
	value, state := f.env.lookup(name)
	return state == Unknown || state == Known && !strings.ContainsAny(value, "'\"`$\\;&|<>()#*?[]{}~!\n")
}
