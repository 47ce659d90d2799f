package shell

import (
	"slices"
	"strings"
)

// find follows find … -exec COMMAND ;.
func (w *walker) find(words []Word, f *frame) {
	for i, word := range words {
		switch word.Text {
		case "-exec", "-execdir", "-ok", "-okdir":
			rest := words[i+1:]
			end := slices.IndexFunc(rest, func(x Word) bool { return x.Text == ";" || x.Text == "+" })
			if end >= 0 {
				rest = rest[:end]
			}
			inner := *f
			if strings.HasSuffix(word.Text, "dir") {
				inner.elsewhere = "find " + word.Text
			}
			w.command(replaced(rest, "{}"), &inner, nil)
		}
	}
}

// filled gives the command of xargs with what it reads put in: for {} after
// -I {}, behind the command otherwise.
func filled(words []Word, options []option) []Word {
	for _, o := range options {
		switch {
		case o.has("I", "") && o.value.Text != "":
			return replaced(words, o.value.Text)
		case o.has("i", "--replace"):
			return replaced(words, "{}")
		}
	}
	return append(slices.Clone(words), Word{Text: "$…", Holes: true})
}

// replaced gives the words with a hole wherever the mark stands.
func replaced(words []Word, mark string) []Word {
	list := slices.Clone(words)
	for i, word := range words {
		text := word.Text
		if word.Holes {
			text = word.marked
		}
		if strings.Contains(text, mark) {
			list[i] = newWord(strings.ReplaceAll(text, mark, hole("…")))
		}
	}
	return list
}
