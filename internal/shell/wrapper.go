package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A wrapper is a program that runs the command in its arguments.
type wrapper struct {
	valued []string // its options that take the next word as their value
	args   int      // how many arguments stand before the command
	sub    string   // the subcommand that makes it one: "bundle exec"
	root   bool     // whether it changes the root directory
}

var wrappers = map[string]wrapper{
	"bundle":     {sub: "exec"},
	"builtin":    {},
	"busybox":    {},
	"chronic":    {},
	"chroot":     {args: 1, root: true},
	"command":    {},
	"conda":      {sub: "run", valued: []string{"-n", "--name", "-p", "--prefix", "--cwd"}},
	"doas":       {valued: []string{"-u", "-C"}},
	"dumb-init":  {},
	"eatmydata":  {},
	"exec":       {valued: []string{"-a"}},
	"fakeroot":   {},
	"flock":      {args: 1, valued: []string{"-w", "--timeout", "-E"}},
	"gosu":       {args: 1},
	"ionice":     {valued: []string{"-c", "-n", "--class", "--classdata"}},
	"mamba":      {sub: "run", valued: []string{"-n", "--name", "-p", "--prefix", "--cwd"}},
	"micromamba": {sub: "run", valued: []string{"-n", "--name", "-p", "--prefix", "--cwd"}},
	"nice":       {valued: []string{"-n", "--adjustment"}},
	"nohup":      {},
	"pdm":        {sub: "run"},
	"pipenv":     {sub: "run"},
	"poetry":     {sub: "run", valued: []string{"-C", "--directory", "-P", "--project"}},
	"pyenv":      {sub: "exec"},
	"rbenv":      {sub: "exec"},
	"setsid":     {},
	"stdbuf":     {valued: []string{"-i", "-o", "-e", "--input", "--output", "--error"}},
	"su-exec":    {args: 1},
	"time":       {valued: []string{"-f", "-o", "--format", "--output"}},
	"timeout":    {args: 1, valued: []string{"-s", "-k", "--signal", "--kill-after"}},
	"tini":       {valued: []string{"-p", "-e"}},
	"unbuffer":   {},
	"uv":         {sub: "run", valued: []string{"--with", "--extra", "--group", "-p", "--python", "--project", "--directory", "--index-url", "--default-index", "--index", "--env-file"}},
	"xargs":      {valued: []string{"-n", "-I", "-P", "-L", "-d", "-E", "-s", "-a", "--max-args", "--max-procs", "--max-lines", "--delimiter", "--arg-file", "--replace"}},
	"xvfb-run":   {valued: []string{"-e", "-f", "-n", "-p", "-s", "-w"}},
}

var shells = []string{"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "rbash"}

// command takes off what wraps a command and notes what is left.
func (w *walker) command(words []Word, f *frame, redirs []*syntax.Redirect) {
	if len(words) == 0 {
		return
	}
	name := path.Base(words[0].Text)
	switch {
	case words[0].Holes && strings.Contains(name, "$"):
		w.emit(words, f)
	case slices.Contains(shells, name):
		w.shell(words, f, redirs)
	case name == "env":
		w.env(words[1:], f, redirs)
	case name == "sudo":
		w.sudo(words[1:], f, redirs)
	case name == "su" || name == "runuser":
		w.su(words, f, redirs)
	case name == "eval":
		w.eval(words[1:], f)
	case name == "trap":
		if len(words) > 2 {
			w.script1(words[1], f)
		}
	case name == "find":
		w.find(words, f)
	case isPython(name) && module(words) != nil:
		w.command(module(words), f, redirs)
	case name == "ruby" && len(words) > 2 && words[1].Text == "-S":
		w.command(words[2:], f, redirs)
	case name == "corepack" && len(words) > 1 && isPackageManager(words[1].Text):
		w.command(words[1:], f, redirs)
	default:
		wrap, ok := wrappers[name]
		if !ok {
			w.emit(words, f)
			return
		}
		w.wrapped(name, wrap, words, f, redirs)
	}
}

// wrapped follows a program of the wrappers table.
func (w *walker) wrapped(name string, wrap wrapper, words []Word, f *frame, redirs []*syntax.Redirect) {
	rest := words[1:]
	if wrap.sub != "" {
		i, _ := skipOptions(rest, wrap.valued)
		if i >= len(rest) || rest[i].Text != wrap.sub {
			w.emit(words, f)
			return
		}
		if name == "uv" {
			w.emit(words, f) // uv run installs what the project needs, too
		}
		rest = rest[i+1:]
	}
	i, options := skipOptions(rest, wrap.valued)
	if name == "command" && slices.ContainsFunc(options, func(o string) bool { return o == "-v" || o == "-V" }) {
		return
	}
	i += wrap.args
	if i >= len(rest) {
		if wrap.sub == "" {
			w.emit(words, f)
		}
		return
	}
	if wrap.root || name == "doas" {
		inner := *f
		if wrap.root {
			inner.rootDir = name
		}
		inner.raised = inner.raised || name == "doas"
		f = &inner
	}
	rest = rest[i:]
	switch name {
	case "flock":
		if len(rest) > 1 && rest[0].Text == "-c" {
			w.script1(rest[1], f)
			return
		}
	case "xargs":
		rest = append(slices.Clone(rest), Word{Text: "$…", Holes: true})
	}
	w.command(rest, f, redirs)
}

// skipOptions gives the index of the first word that is no option and no
// option's value, and the options before it.
func skipOptions(words []Word, valued []string) (int, []string) {
	var options []string
	for i := 0; i < len(words); i++ {
		t := words[i].Text
		if t == "--" {
			return i + 1, options
		}
		if len(t) < 2 || t[0] != '-' {
			return i, options
		}
		options = append(options, t)
		if slices.Contains(valued, t) {
			i++
		}
	}
	return len(words), options
}

// shell follows sh -c SCRIPT and a script on the standard input.
func (w *walker) shell(words []Word, f *frame, redirs []*syntax.Redirect) {
	command, stdin := false, false
	for i := 1; i < len(words); i++ {
		t := words[i].Text
		switch {
		case t == "--rcfile" || t == "--init-file":
			i++
		case t == "--":
		case strings.HasPrefix(t, "--"):
		case len(t) > 1 && (t[0] == '-' || t[0] == '+'):
			command = command || t[0] == '-' && strings.Contains(t, "c")
			stdin = stdin || t[0] == '-' && strings.Contains(t, "s")
			if strings.HasSuffix(t, "o") || strings.HasSuffix(t, "O") {
				i++
			}
		case command:
			w.script1(words[i], f)
			return
		case stdin: // an argument of the script
		default:
			if words[i].Holes {
				w.emit(words, f)
			}
			return // a script file: nobody can see what it does
		}
	}
	for _, r := range redirs {
		switch {
		case r.Hdoc != nil:
			w.nest(w.nestedText(r.Hdoc.Parts, f), f)
		case r.Op == syntax.WordHdoc:
			w.nest(w.nestedText(r.Word.Parts, f), f)
		}
	}
}

// env follows env -i -u NAME NAME=VALUE COMMAND.
func (w *walker) env(rest []Word, f *frame, redirs []*syntax.Redirect) {
	inner := f.fork()
	for i := 0; i < len(rest); i++ {
		t := rest[i].Text
		name, value, assignment := strings.Cut(t, "=")
		unset, isUnset := strings.CutPrefix(t, "--unset=")
		switch {
		case t == "-i" || t == "-" || t == "--ignore-environment":
			inner = inner.clear("env "+t, nil)
		case isUnset:
			inner.env.remove(unset)
		case t == "-u" || t == "--unset":
			if i++; i < len(rest) {
				inner.env.remove(rest[i].Text)
			}
		case t == "-C" || t == "--chdir":
			i++
		case t == "-S" || t == "--split-string":
			if i++; i < len(rest) {
				w.script1(rest[i], inner)
			}
			return
		case strings.HasPrefix(t, "-") && len(t) > 1:
		case assignment && isName(name):
			inner.env.assign(name, assigned(rest[i], name, value))
		default:
			w.command(rest[i:], inner, redirs)
			return
		}
	}
}

// assigned is the value of a NAME=VALUE word.
func assigned(word Word, name, value string) Word {
	v := Word{Text: value, Holes: word.Holes, Variable: word.Variable}
	v.Prefix = strings.TrimPrefix(word.Prefix, name+"=")
	return v
}

// clear is a frame that the build's variables do not reach, but for kept ones.
func (f *frame) clear(by string, kept []string) *frame {
	outer := f.env
	c := *f
	c.cleared, c.kept = by, kept
	c.env = &environment{lookup: func(name string) (string, Value) {
		if slices.Contains(kept, name) {
			if v := outer.Get(name); v.IsSet() && !strings.Contains(v.Str, holeOpen) {
				return v.Str, Known
			}
		}
		return "", Unknown
	}}
	return &c
}

var sudoValued = []string{"-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R", "--user", "--group", "--host", "--prompt", "--chdir", "--chroot"}

// sudo follows sudo, which resets the environment unless it is told to keep it.
func (w *walker) sudo(rest []Word, f *frame, redirs []*syntax.Redirect) {
	i, options := skipOptions(rest, sudoValued)
	keep, shell := false, false
	var kept []string
	root := f.rootDir
	for _, o := range options {
		list, some := strings.CutPrefix(o, "--preserve-env=")
		short := len(o) > 1 && o[1] != '-'
		switch {
		case o == "--preserve-env" || short && strings.Contains(o, "E"):
			keep = true
		case some:
			kept = append(kept, strings.Split(list, ",")...)
		case o == "-R" || strings.HasPrefix(o, "--chroot"):
			root = "sudo --chroot"
		}
		shell = shell || short && strings.ContainsAny(o, "is") || o == "--login" || o == "--shell"
	}
	inner := f.fork()
	if !keep {
		inner = f.clear("sudo without -E", kept)
	}
	inner.rootDir, inner.raised = root, true
	for ; i < len(rest); i++ {
		name, value, ok := strings.Cut(rest[i].Text, "=")
		if !ok || !isName(name) {
			break
		}
		inner.env.assign(name, assigned(rest[i], name, value))
	}
	if i >= len(rest) {
		if shell {
			w.shell([]Word{{Text: "sh"}}, inner, redirs)
		}
		return
	}
	w.command(rest[i:], inner, redirs)
}

// su follows su USER -c SCRIPT and runuser -u USER COMMAND.
func (w *walker) su(words []Word, f *frame, redirs []*syntax.Redirect) {
	inner := f.fork()
	var script *Word
	keep := false
	name := words[0].Text
	for i := 1; i < len(words); i++ {
		t := words[i].Text
		value, long := strings.CutPrefix(t, "--command=")
		switch {
		case long:
			script = &Word{Text: value, Holes: words[i].Holes}
		case t == "-c" || t == "--command" || t == "--session-command":
			if i++; i < len(words) {
				script = &words[i]
			}
		case t == "-m" || t == "-p" || t == "--preserve-environment":
			keep = true
		case t == "-" || t == "-l" || t == "--login":
			inner = f.clear(path.Base(name)+" "+t, inner.kept)
		case t == "-s" || t == "-g" || t == "-G" || t == "-w" || t == "--shell" || t == "--group":
			i++
		case t == "-u" && path.Base(name) == "runuser":
			rest := words[min(i+2, len(words)):]
			j, _ := skipOptions(rest, nil)
			w.command(rest[j:], inner, redirs)
			return
		}
	}
	if keep {
		inner = f.fork()
	}
	if script != nil {
		w.script1(*script, inner)
		return
	}
	w.shell([]Word{{Text: "sh"}}, inner, redirs)
}

// eval follows the script that the words make together.
func (w *walker) eval(words []Word, f *frame) {
	var texts []string
	for _, word := range words {
		texts = append(texts, w.scriptText(word, f))
	}
	w.nest(strings.Join(texts, " "), f)
}

// find follows find … -exec COMMAND ;.
func (w *walker) find(words []Word, f *frame) {
	for i, word := range words {
		switch word.Text {
		case "-exec", "-execdir", "-ok", "-okdir":
			rest := slices.Clone(words[i+1:])
			end := slices.IndexFunc(rest, func(x Word) bool { return x.Text == ";" || x.Text == "+" })
			if end > 0 {
				rest = rest[:end]
			}
			for j := range rest {
				if strings.Contains(rest[j].Text, "{}") {
					rest[j] = Word{Text: "$…", Holes: true}
				}
			}
			w.command(rest, f, nil)
		}
	}
}

func isPython(name string) bool {
	name = strings.TrimSuffix(name, ".exe")
	for _, p := range []string{"python", "pypy"} {
		if v, ok := strings.CutPrefix(name, p); ok && strings.Trim(v, "0123456789.") == "" {
			return true
		}
	}
	return false
}

// module gives MODULE and what follows it in python -m MODULE, or nil.
func module(words []Word) []Word {
	for i := 1; i < len(words); i++ {
		t := words[i].Text
		if len(t) < 2 || t[0] != '-' || t[1] == '-' {
			return nil
		}
		// Short options come in bundles; these take a value.
		at := strings.IndexAny(t, "mcWX")
		switch {
		case at < 0:
		case t[at] == 'c':
			return nil
		case t[at] == 'm' && at+1 < len(t):
			name := Word{Text: t[at+1:], Holes: words[i].Holes}
			return append([]Word{name}, words[i+1:]...)
		case t[at] == 'm':
			return words[min(i+1, len(words)):]
		case at+1 == len(t):
			i++
		}
	}
	return nil
}

func isPackageManager(word string) bool {
	name, _, _ := strings.Cut(word, "@")
	return slices.Contains([]string{"yarn", "yarnpkg", "pnpm", "pnpx", "npm", "npx"}, name)
}
