package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// assign follows NAME=VALUE.
func (w *walker) assign(a *syntax.Assign, f *frame) {
	w.expansions(a, f)
	if a.Name == nil || a.Naked {
		return
	}
	v := w.text(a.Value, f.env)
	if a.Append || a.Index != nil || a.Array != nil {
		v = Word{Text: "$" + a.Name.Value, Holes: true}
	}
	f.env.assign(a.Name.Value, v)
}

// declaration follows an argument of export and the like: NAME=VALUE, or a word
// that becomes that.
func (w *walker) declaration(a *syntax.Assign, f *frame) {
	w.assign(a, f)
	if a.Name == nil && a.Value != nil {
		w.exported(w.fields(nil, a.Value, f.env), f)
	}
}

func (w *walker) exported(words []Word, f *frame) {
	for _, word := range words {
		if name, _, ok := strings.Cut(word.Text, "="); ok && isName(name) {
			f.env.assign(name, behind(word, name+"="))
		}
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
			if a.Text == "-f" {
				return
			}
			if isName(a.Text) {
				f.env.remove(a.Text)
			}
		}
	case "export", "readonly", "local":
		w.exported(words[1:], f) // where they are no keywords: \export
	}
}
