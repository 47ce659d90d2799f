package rewrite

import (
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
)

// An option is one option of a command, its value beside it.
type option struct {
	name  string
	value shell.Word
	given bool // whether there is a value
	at    int  // how many arguments stand before it
	many  bool // whether it may be a bundle of any number of short ones

	before string // the letters of a bundle before it
}

// masked is a command for a report, the values of its secret options hidden.
func (p *program) masked(c shell.Command) string {
	named := func(w shell.Word) bool { return secretNamed(w.Text) }
	if len(p.secrets) == 0 && !slices.ContainsFunc(c.Words, named) {
		return c.Text()
	}
	masked := func(w shell.Word) shell.Word {
		name, _, _ := strings.Cut(w.Text, "=")
		return shell.Word{Text: name + "=***"}
	}
	words := slices.Clone(c.Words)
	for i := 1; i < len(words); i++ {
		if named(words[i]) {
			words[i] = masked(words[i])
			continue
		}
		if len(words[i].Text) < 2 || words[i].Text[0] != '-' {
			continue
		}
		o := p.option(words[i], false)
		if o.given && p.secrets[o.name] {
			words[i] = shell.Word{Text: strings.TrimSuffix(words[i].Text, o.value.Text) + "***"}
		}
		if !o.given && p.valued[o.name] && i+1 < len(words) {
			switch i++; {
			case p.secrets[o.name]:
				words[i] = shell.Word{Text: "***"}
			case named(words[i]):
				words[i] = masked(words[i])
			}
		}
	}
	c.Words = words
	return c.Text()
}

// secretNamed tells whether a word is NAME=VALUE with the name of a secret
// (--_authToken=…, -Ppassword=…).
func secretNamed(text string) bool {
	name, value, _ := strings.Cut(text, "=")
	if value == "" || strings.Contains(name, "://") {
		return false
	}
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"password", "passwd", "secret", "token", "_auth"}, func(part string) bool { return strings.Contains(name, part) })
}

// parse sorts a command's words into options and arguments.
func (p *program) parse(words []shell.Word) (options []option, args []shell.Word) {
	given := 0 // words that look like options
	for _, w := range words {
		if w.Text != "" && w.Text[0] == '-' {
			given++
		}
	}
	if given == 0 {
		return nil, words
	}
	options, args = make([]option, 0, given), make([]shell.Word, 0, len(words)-1)
	whole := false // whether options are what they are called
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w.Text == "--":
			return options, append(args, words[i+1:]...)
		case len(w.Text) < 2 || w.Text[0] != '-':
			args = append(args, w)
			whole = whole || p.passesOn(args)
			continue
		}
		o := p.option(w, whole)
		if o.before != "" {
			options = append(options, option{name: "-" + o.before, at: len(args), many: p.bundled})
		}
		if !o.given && p.valued[o.name] && i+1 < len(words) {
			i++
			o.value, o.given = words[i], true
		}
		o.at, o.many = len(args), p.bundled
		options = append(options, o)
	}
	return options, args
}

// passesOn tells whether the last of the arguments is a program that is run with
// all that follows, and not a subcommand.
func (p *program) passesOn(args []shell.Word) bool {
	begins := func(words []string, args []shell.Word) bool {
		return slices.EqualFunc(words, args, func(word string, a shell.Word) bool { return !a.Holes && isWord(word, a.Text) })
	}
	passes := false
	for _, pat := range p.patterns { // those of more words come first
		n := len(pat.words)
		if n >= len(args) && begins(pat.words[:len(args)], args) {
			return false
		}
		passes = passes || pat.followed && n+1 == len(args) && begins(pat.words, args[:n])
	}
	return passes
}

// option reads one word: -o, -oVALUE, -abco, --long, --long=VALUE.
func (p *program) option(w shell.Word, whole bool) option {
	written, value, given := strings.Cut(w.Text, "=")
	name := written
	if p.long != nil && !whole {
		name = p.unshortened(name)
	}
	if strings.HasPrefix(w.Text, "--") || given && p.valued[name] || p.valued[w.Text] {
		o := option{name: name, given: given}
		if given {
			o.value = shell.Word{Text: value, Holes: w.Holes, Variable: w.Variable, Prefix: strings.TrimPrefix(w.Prefix, written+"=")}
		}
		return o
	}
	// A bundle of short ones; the first that takes a value takes the rest.
	for i := 1; i < len(w.Text); i++ {
		short := "-" + w.Text[i:i+1]
		if !p.valued[short] {
			continue
		}
		o := option{name: short, before: w.Text[1:i]}
		if rest := w.Text[i+1:]; rest != "" {
			o.given = true
			o.value = shell.Word{Text: rest, Holes: w.Holes, Variable: w.Variable, Prefix: strings.TrimPrefix(w.Prefix, w.Text[:i+1])}
		}
		return o
	}
	return option{name: w.Text}
}

// unshortened gives the long option that a shortened one may be, as getopt_long reads
// them: of several the one that matters most. One letter must be clear by itself:
// to npm --g is -g.
func (p *program) unshortened(name string) string {
	if len(name) < 3 || !strings.HasPrefix(name, "--") {
		return name
	}
	at, there := slices.BinarySearchFunc(p.long, name, func(o longOption, name string) int { return strings.Compare(o.name, name) })
	if there {
		return name
	}
	best, most, several := name, 0, 0
	for _, o := range p.long[at:] {
		if !strings.HasPrefix(o.name, name) {
			break
		}
		if several++; o.rank > most {
			best, most = o.name, o.rank
		}
	}
	if len(name) == 3 && several > 1 {
		return name
	}
	return best
}

// has tells whether an option, or a bundle of a few short ones, is the named one.
// A longer word behind one hyphen is more likely a long option (npm's -save).
func (o option) has(name string) bool {
	if o.name == name {
		return true
	}
	return len(name) == 2 && len(o.name) > 2 && (len(o.name) <= 4 || o.many) && o.name[1] != '-' && !o.given && strings.Contains(o.name[1:], name[1:])
}

// isValue tells whether a word is the value of an option.
func (m *call) isValue(w shell.Word) bool {
	return slices.ContainsFunc(m.options, func(o option) bool { return o.given && o.value.Text == w.Text })
}

// given tells whether the command has an option of a rule's: by its name, by the
// beginning of that and …, or with a value that begins so, in any case: -c=http.
func (m *call) given(option string) bool {
	name, value, valued := strings.Cut(option, "=")
	begin, open := strings.CutSuffix(name, "…")
	for _, o := range m.options {
		if (o.has(name) || open && strings.HasPrefix(o.name, begin)) && (!valued || strings.HasPrefix(strings.ToLower(o.value.Text), strings.ToLower(value))) {
			return true
		}
	}
	return false
}
