// Package shell finds the commands that a RUN really runs.
//
// In comes what a RUN gives to its shell, or its exec form, and the variables
// in scope; out comes a [Script]: each command as resolved words, wherever it
// stands (behind &&, in pipes, subshells, functions, loops, substitutions,
// heredocs for a shell, nested sh -c) and whatever runs it (sudo, env, timeout,
// xargs, su -c, a function that runs "$@" …).
//
// The shell is parsed by mvdan.cc/sh as bash, of which the other shells'
// language is as good as a part.
package shell

import (
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"
)

// A Script is the commands of one RUN, in the order in which they are written.
type Script struct {
	Commands []Command

	// Uses counts for each variable how often the script expands it.
	Uses map[string]int
}

// A Command is one program that is run, what wraps it taken off.
type Command struct {
	Words []Word // the program and its arguments; never empty

	// Assigned holds the variables that the RUN itself sets for the command:
	// before it, by env, or by an earlier assignment or export.
	Assigned map[string]Word

	// Removed holds the variables that the RUN unsets before the command.
	Removed map[string]bool

	// Cleared says what keeps the build's variables from the command
	// ("env -i"); empty where they reach it. Kept lists those that reach it
	// all the same.
	Cleared string
	Kept    []string

	// Raised tells whether sudo or doas runs the command: whoever builds is not
	// root.
	Raised bool

	// Other says what runs the command as another user; empty where nothing does.
	Other string

	// Elsewhere says what runs the command in another directory, but for cd;
	// empty where nothing does.
	Elsewhere string

	// Root says what gives the command another root directory ("chroot");
	// files of the image's do not reach it there.
	Root string
}

// A Word is one argument after expansion and splitting.
type Word struct {
	Text  string // what could not be resolved stands in it as $NAME or $(…)
	Holes bool   // whether there is such a part

	// Variable is the name of the variable where the word is one plain
	// expansion, with Prefix before it: "--registry=$NPM_REGISTRY".
	Variable string
	Prefix   string

	// Start and End are where the word stands in the script, in bytes; both 0
	// where it is not written there as one word, or stands in a nested script.
	Start, End int

	raw    *syntax.Word // nil where it is no word of its own
	marked string       // the text with its holes marked, where they are known
}

// Value is what is known of a variable.
type Value int

const (
	Unknown Value = iota // may be set or not, to anything
	Unset                // surely not set
	Known                // surely set
)

// Lookup tells what is known of a variable that the script does not set.
type Lookup func(name string) (string, Value)

// Parse reads a script. The error is mvdan.cc/sh's, its position within the
// script.
func Parse(script string, lookup Lookup) (*Script, error) {
	file, err := parse(script)
	if err != nil {
		return nil, err
	}
	w := newWalker(lookup)
	w.stmts(file.Stmts, w.root())
	if len(w.functions) > 0 {
		// A function may be called above where it is declared, in another one.
		again := newWalker(lookup)
		again.functions = w.functions
		again.stmts(file.Stmts, again.root())
		w = again
	}
	return &w.script, nil
}

// ParseExec reads an exec form: no shell expands its words. A shell among them
// (["sh", "-c", "…"]) is followed.
func ParseExec(args []string, lookup Lookup) *Script {
	w := newWalker(lookup)
	words := make([]Word, len(args))
	for i, a := range args {
		words[i] = Word{Text: a}
	}
	w.command(words, w.root(), nil)
	return &w.script
}

// parsers are kept for the next script: each has a buffer of its own.
var parsers = sync.Pool{New: func() any { return syntax.NewParser(syntax.Variant(syntax.LangBash)) }}

func parse(script string) (*syntax.File, error) {
	p := parsers.Get().(*syntax.Parser)
	defer parsers.Put(p)
	return p.Parse(strings.NewReader(script), "")
}

func newWalker(lookup Lookup) *walker {
	return &walker{lookup: lookup, script: Script{Uses: map[string]int{}}}
}
