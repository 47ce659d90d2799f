package shell

import (
	"slices"
	"strings"
)

// An option is one word of options: --long, --long=VALUE, or a bundle of short
// ones, the last of which may take a value.
type option struct {
	long    string // "--user"
	letters string // "nu"
	value   Word   // the rest of the word, or the next one
}

// has tells whether it is the option of that letter or of that long name.
func (o option) has(letter, long string) bool {
	return letter != "" && strings.Contains(o.letters, letter) || long != "" && o.long == long
}

// isOption tells whether a word is one, not an argument.
func isOption(text string) bool { return len(text) > 1 && text[0] == '-' }

// readOption reads words[i]; next is the index of the word behind it and its
// value. valued are the options that take the next word as their value.
func readOption(words []Word, i int, valued []string) (o option, next int) {
	word := words[i]
	t := word.Text
	rest := ""
	if strings.HasPrefix(t, "--") {
		long, _, found := strings.Cut(t, "=")
		o.long = long
		if found {
			o.value = behind(word, long+"=")
			return o, i + 1
		}
	} else {
		o.letters = t[1:]
		for at := 1; at < len(t); at++ {
			if slices.Contains(valued, "-"+t[at:at+1]) {
				o.letters, rest = t[1:at+1], t[at+1:]
				break
			}
		}
	}
	switch {
	case rest != "":
		o.value = behind(word, "-"+o.letters)
	case slices.Contains(valued, o.long) || o.letters != "" && slices.Contains(valued, "-"+o.letters[len(o.letters)-1:]):
		if i++; i < len(words) {
			o.value = words[i]
		}
	}
	return o, min(i+1, len(words))
}

// skipOptions gives the index of the first word that is no option and no
// option's value, and the options before it.
func skipOptions(words []Word, valued []string) (int, []option) {
	var options []option
	i := 0
	for i < len(words) && isOption(words[i].Text) {
		if words[i].Text == "--" {
			return i + 1, options
		}
		var o option
		o, i = readOption(words, i, valued)
		options = append(options, o)
	}
	return i, options
}

// behind gives what stands behind the prefix in a word: the value in NAME=VALUE.
func behind(word Word, prefix string) Word {
	rest := Word{Text: word.Text[len(prefix):], Holes: word.Holes, Variable: word.Variable}
	rest.Prefix = strings.TrimPrefix(word.Prefix, prefix)
	if marked, ok := strings.CutPrefix(word.marked, prefix); ok {
		rest.marked = marked
	}
	return rest
}
