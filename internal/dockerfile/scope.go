package dockerfile

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// A Scope is what is in force at one point of a stage. What the base image
// sets is not in it: nobody can see that from the Dockerfile.
type Scope struct {
	User    *User    // nil where no USER was said: the base image's
	Shell   []string // nil where no SHELL was said
	Workdir string   // as far as it is known; "" where it is not

	stage *Stage
	vars  *binding
	envs  *binding // those of vars that ENV declared
}

// A User is a USER instruction in force.
type User struct {
	Text  string // as written, to be said again
	Name  string // with variables resolved, without the group
	Known bool   // whether Name is sure: no variable that is unknown or an ARG
	uses  []*Variable
	names []string
}

// Root tells whether the user surely is root.
func (u *User) Root() bool { return u.Known && (u.Name == "root" || u.Name == "0") }

// A Variable is one declaration of an ARG or an ENV.
type Variable struct {
	Name  string
	Env   bool // declared by ENV
	Value string
	Known bool // whether Value is sure, but for a --build-arg
	Bare  bool // an ARG without a value
}

// A binding is a list of variables, the newest first; scopes share its tail.
type binding struct {
	*Variable
	older *binding
}

// Lookup gives the variable of that name, the one declared last, or nil.
func (s *Scope) Lookup(name string) *Variable {
	for b := s.vars; b != nil; b = b.older {
		if b.Name == name {
			return b.Variable
		}
	}
	return nil
}

// Env tells whether an ENV of that name is in force, whatever ARG came later:
// docker's documentation says that the ENV wins, BuildKit lets the later one
// win (measured with v0.34.2).
func (s *Scope) Env(name string) bool {
	for b := s.envs; b != nil; b = b.older {
		if b.Name == name {
			return true
		}
	}
	return false
}

// Unset tells whether a name that the Dockerfile does not declare is surely
// unset: only on an empty base image.
func (s *Scope) Unset(name string) bool {
	return s.Lookup(name) == nil && s.stage.empty()
}

// Declared tells whether an ARG of that name stands before the first FROM.
func (f *File) Declared(name string) bool {
	for b := f.globals; b != nil; b = b.older {
		if b.Name == name {
			return true
		}
	}
	return false
}

// A GlobalArg is one declaration of an ARG before the first FROM.
type GlobalArg struct {
	In    *Instruction
	Word  string // as written: NAME="value"
	Value string // the text behind the =, in its quotes or without
	Quote int    // how many quotes stand before the value
	Bare  bool   // whether it has no value
}

// Globals lists the declarations of an ARG before the first FROM.
func (f *File) Globals(name string) []GlobalArg {
	var list []GlobalArg
	for _, in := range f.Instructions {
		if in.Keyword == "from" {
			break
		}
		for _, word := range values(in.Node.Next) {
			declared, value, assigned := strings.Cut(word, "=")
			if in.Keyword != "arg" || declared != name {
				continue
			}
			g := GlobalArg{In: in, Word: word, Value: value, Bare: !assigned}
			if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
				g.Value, g.Quote = value[1:n-1], 1
			}
			list = append(list, g)
		}
	}
	return list
}

// Undeclared tells whether the user's text has a variable that nothing in the
// Dockerfile declares.
func (u *User) Undeclared(at *Scope) bool {
	return slices.ContainsFunc(u.names, func(name string) bool { return at.Lookup(name) == nil })
}

// SayAgain gives the text with which a USER instruction brings the user of
// scope s back at scope at, and whether it does: not where one of its variables
// was declared anew in between.
func (s *Scope) SayAgain(at *Scope) (string, bool) {
	for i, name := range s.User.names {
		if at.Lookup(name) != s.User.uses[i] {
			return "", false
		}
	}
	return s.User.Text, true
}

// Expand resolves the variables in an argument as the builder would, quotes
// and escapes taken off. known is false where one of them is not known.
func (f *File) Expand(s *Scope, word string) (value string, known bool) {
	if !strings.ContainsAny(word, "$'\"\\`") {
		return word, true
	}
	if strings.Count(word, "$") > maxExpansions {
		return "", false
	}
	env := &scopeEnv{scope: s, globals: f.globals, known: true}
	value, _, err := f.lex.ProcessWord(word, env)
	switch {
	case err != nil:
		return word, false
	case len(value) > maxValue:
		return "", false
	}
	return value, env.known
}

// maxValue keeps a value that doubles itself (ENV A=$A$A) from taking all the
// memory there is.
const (
	maxValue      = 16 << 10
	maxExpansions = 64 // in one word
)

// scopeEnv shows a scope to buildkit's expansion and notes what was asked for.
type scopeEnv struct {
	scope   *Scope // nil before the first FROM
	globals *binding
	known   bool
	unknown string // what stands for a variable that is not known
	asked   []string
}

func (e *scopeEnv) Get(name string) (string, bool) {
	e.asked = append(e.asked, name)
	var v *Variable
	if e.scope != nil {
		v = e.scope.Lookup(name)
	} else {
		v = (&Scope{vars: e.globals}).Lookup(name)
	}
	switch {
	case v != nil && v.Known:
		return v.Value, true
	case v == nil && e.scope != nil && e.scope.Unset(name):
		return "", false
	}
	e.known = false
	return e.unknown, e.unknown != ""
}

func (e *scopeEnv) Keys() []string { return nil }

// resolve walks the instructions once and notes stage and scope of each.
func (f *File) resolve() {
	var stage *Stage
	var scope *Scope
	for _, in := range f.Instructions {
		if in.Keyword == "from" {
			if stage != nil {
				stage.end = scope
			}
			stage = f.newStage(in)
			scope = &Scope{stage: stage}
			if stage.Parent != nil {
				inherited := *stage.Parent.end
				inherited.stage = stage
				scope = &inherited
			}
			f.Stages = append(f.Stages, stage)
			in.Stage = stage
			continue
		}
		if stage == nil {
			if in.Keyword == "arg" {
				f.globals = f.declareArgs(in, nil, f.globals)
			}
			continue
		}
		in.Stage, in.Scope = stage, scope
		stage.Instructions = append(stage.Instructions, in)
		scope = f.After(in)
	}
	if stage != nil {
		stage.end = scope
	}
}

func (f *File) newStage(from *Instruction) *Stage {
	args := values(from.Node.Next)
	s := &Stage{Index: len(f.Stages)}
	known := true
	if len(args) > 0 {
		s.Base, known = f.Expand(nil, args[0])
	}
	s.scratch = len(args) > 0 && args[0] == "scratch"
	if len(args) == 3 && strings.EqualFold(args[1], "as") {
		s.Name = args[2]
	}
	for _, flag := range from.Node.Flags {
		if v, ok := strings.CutPrefix(flag, "--platform="); ok {
			s.Platform = v
		}
	}
	for _, earlier := range slices.Backward(f.Stages) {
		if earlier.Name != "" && strings.EqualFold(earlier.Name, s.Base) {
			s.Parent = earlier
			s.Ambiguous = earlier.Ambiguous
			break
		}
	}
	if !known && s.Parent == nil {
		s.Ambiguous = f.couldBeStage(args[0])
	}
	return s
}

// couldBeStage tells whether a FROM whose variables are not all known could name
// an earlier stage.
func (f *File) couldBeStage(base string) bool {
	env := &scopeEnv{globals: f.globals, unknown: "*"}
	pattern, _, err := f.lex.ProcessWord(base, env)
	return err != nil || slices.ContainsFunc(f.Stages, func(s *Stage) bool {
		ok, _ := path.Match(strings.ToLower(pattern), strings.ToLower(s.Name))
		return ok && s.Name != ""
	})
}

// After gives what is in force behind the instruction.
func (f *File) After(in *Instruction) *Scope {
	s := in.Scope
	switch in.Keyword {
	case "arg", "env", "user", "shell", "workdir":
	default:
		return s
	}
	next := *s
	switch in.Keyword {
	case "arg":
		next.vars = f.declareArgs(in, s, s.vars)
	case "env":
		next.vars, next.envs = f.declareEnvs(in, s)
	case "user":
		next.User = f.user(in, s)
	case "shell":
		next.Shell = values(in.Node.Next)
	case "workdir":
		next.Workdir = f.workdir(in, s)
	}
	return &next
}

func (f *File) declareArgs(in *Instruction, s *Scope, vars *binding) *binding {
	for _, arg := range values(in.Node.Next) {
		name, text, hasValue := strings.Cut(arg, "=")
		v := &Variable{Name: name, Bare: !hasValue}
		switch {
		case hasValue:
			v.Value, v.Known = f.Expand(s, text)
		case s != nil:
			// A bare ARG takes the value of the global one.
			if g := (&Scope{vars: f.globals}).Lookup(name); g != nil {
				v.Value, v.Known, v.Bare = g.Value, g.Known, g.Bare
			}
		}
		if s != nil && s.Env(name) {
			if old := s.Lookup(name); !v.Known || old.Value != v.Value {
				v.Known = false // builders disagree on which of the two wins
			}
		}
		vars = &binding{v, vars}
		if s != nil {
			s = &Scope{User: s.User, Shell: s.Shell, Workdir: s.Workdir, stage: s.stage, vars: vars, envs: s.envs}
		}
	}
	return vars
}

// declareEnvs binds an ENV's variables; each value sees the scope before the
// instruction, not the variables beside it.
func (f *File) declareEnvs(in *Instruction, s *Scope) (vars, envs *binding) {
	vars, envs = s.vars, s.envs
	for n := in.Node.Next; n != nil && n.Next != nil; n = n.Next.Next.Next {
		v := &Variable{Name: n.Value, Env: true}
		v.Value, v.Known = f.Expand(s, n.Next.Value)
		vars, envs = &binding{v, vars}, &binding{v, envs}
		if n.Next.Next == nil {
			break
		}
	}
	return vars, envs
}

func (f *File) user(in *Instruction, s *Scope) *User {
	u := &User{}
	if in.Node.Next != nil {
		u.Text = in.Node.Next.Value
	}
	if strings.Count(u.Text, "$") > maxExpansions {
		return u
	}
	env := &scopeEnv{scope: s, known: true}
	name, _, err := f.lex.ProcessWord(u.Text, env)
	u.Name, _, _ = strings.Cut(name, ":")
	u.Known = err == nil && env.known
	for _, name := range env.asked {
		v := s.Lookup(name)
		u.names, u.uses = append(u.names, name), append(u.uses, v)
		if v == nil || !v.Env {
			u.Known = false // a --build-arg may say otherwise
		}
	}
	return u
}

func (f *File) workdir(in *Instruction, s *Scope) string {
	if in.Node.Next == nil {
		return s.Workdir
	}
	dir, known := f.Expand(s, in.Node.Next.Value)
	switch {
	case !known:
		return ""
	case path.IsAbs(dir):
		return path.Clean(dir)
	case s.Workdir == "":
		return ""
	}
	return path.Join(s.Workdir, dir)
}

// values lists the values of a chain of nodes.
func values(n *parser.Node) []string {
	var list []string
	for ; n != nil; n = n.Next {
		list = append(list, n.Value)
	}
	return list
}
