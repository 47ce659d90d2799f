package rewrite

import (
	"fmt"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// globals are the ARGs before the first FROM that references begin with, by name,
// each looked at once.
type globals map[string]*globalUse

// A globalUse is what reads a global ARG.
type globalUse struct {
	name  string
	args  int // how often it is declared
	arg   dockerfile.GlobalArg
	other string // what reads it for something else, or as another part of a reference
}

// unresolved tells why the ARG gives no reference, or nothing.
func (u *globalUse) unresolved() string {
	switch {
	case u.args > 1:
		return "$" + u.name + " is declared more than once"
	case u.args == 0 || u.arg.Bare:
		return "$" + u.name + " has no value in the Dockerfile"
	}
	return ""
}

func (g globals) use(f *dockerfile.File, name string) *globalUse {
	if u := g[name]; u != nil {
		return u
	}
	u := &globalUse{name: name}
	g[name] = u
	list := f.Globals(name)
	if u.args = len(list); u.args == 1 {
		u.arg = list[0]
		u.other = u.otherUse(f)
	}
	return u
}

// otherUse tells what else reads the ARG: a stage, another ARG, or a FROM in which
// it is another part of a reference, or the name of a stage.
func (u *globalUse) otherUse(f *dockerfile.File) string {
	var first *head
	var slash bool
	for _, in := range f.Instructions {
		switch {
		case in.Keyword == "from":
			text := string(f.Source[in.Start:in.End])
			n := mentioned(text, u.name)
			if n == 0 || in.Node.Next == nil {
				continue
			}
			name, rest, ok := carrier(in.Node.Next.Value)
			h, known := headOf(u.arg.Value + rest)
			if first == nil {
				first, slash = &h, strings.HasPrefix(rest, "/")
			}
			image := in.Stage.Parent == nil && !in.Stage.Ambiguous && in.Stage.Base != "scratch"
			if !ok || name != u.name || n != 1 || !known || h != *first || slash != strings.HasPrefix(rest, "/") || !image {
				return fmt.Sprintf("$%s is read in line %d for something else, too", u.name, in.Line)
			}
		case in.Keyword == "arg" && in.Scope != nil && declares(in, u.name):
			return fmt.Sprintf("$%s is declared in a stage, too, in line %d, which would see the mirror in it", u.name, in.Line)
		case in.Scope == nil && mentioned(string(f.Source[in.Start:in.End]), u.name) > 0:
			return fmt.Sprintf("$%s is read in line %d, too", u.name, in.Line)
		}
	}
	return ""
}
