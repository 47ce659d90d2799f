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
	user   bool     // whether another user runs the command
	too    bool     // whether it is a command of its own as well: npx downloads what it runs
}

var wrappers = map[string]wrapper{
	"bundle":       {sub: "exec"},
	"builtin":      {},
	"busybox":      {},
	"chronic":      {},
	"chroot":       {args: 1, root: true},
	"command":      {},
	"conda":        {sub: "run", valued: []string{"-n", "--name", "-p", "--prefix", "--cwd"}},
	"doas":         {user: true, valued: []string{"-u", "-C"}},
	"dumb-init":    {valued: []string{"-r", "--rewrite"}},
	"eatmydata":    {},
	"exec":         {valued: []string{"-a"}},
	"fakeroot":     {},
	"flock":        {args: 1, valued: []string{"-w", "--timeout", "-E"}},
	"gosu":         {args: 1, user: true},
	"ionice":       {valued: []string{"-c", "-n", "--class", "--classdata"}},
	"mamba":        {sub: "run", valued: []string{"-n", "--name", "-p", "--prefix", "--cwd"}},
	"micromamba":   {sub: "run", valued: []string{"-n", "--name", "-p", "--prefix", "--cwd"}},
	"linux32":      {},
	"linux64":      {},
	"mise":         {sub: "exec"},
	"nice":         {valued: []string{"-n", "--adjustment"}},
	"nohup":        {},
	"npm":          {sub: "exec", too: true, valued: npxValued},
	"npx":          {too: true, valued: npxValued},
	"nvm":          {sub: "exec", args: 1},
	"pdm":          {sub: "run"},
	"pipenv":       {sub: "run"},
	"pipx":         {sub: "run", too: true, valued: []string{"--spec", "--python", "-i", "--index-url", "--pip-args"}},
	"pnpm":         {sub: "dlx", too: true, valued: []string{"--package", "--dir", "-C"}},
	"pnpx":         {too: true, valued: npxValued},
	"poetry":       {sub: "run", valued: []string{"-C", "--directory", "-P", "--project"}},
	"pyenv":        {sub: "exec"},
	"rbenv":        {sub: "exec"},
	"s6-setuidgid": {args: 1, user: true},
	"setarch":      {args: 1},
	"setpriv":      {user: true, valued: []string{"--ambient-caps", "--bounding-set", "--inh-caps", "--egid", "--euid", "--gid", "--groups", "--regid", "--rgid", "--reuid", "--ruid", "--uid", "--securebits"}},
	"setsid":       {},
	"ssh-agent":    {valued: []string{"-a", "-E", "-O", "-P", "-t"}},
	"stdbuf":       {valued: []string{"-i", "-o", "-e", "--input", "--output", "--error"}},
	"su-exec":      {args: 1, user: true},
	"time":         {valued: []string{"-f", "-o", "--format", "--output"}},
	"timeout":      {args: 1, valued: []string{"-s", "-k", "--signal", "--kill-after"}},
	"tini":         {valued: []string{"-p", "-e"}},
	"unbuffer":     {},
	"unshare":      {},
	"uv":           {sub: "run", too: true, valued: uvValued},
	"uvx":          {too: true, valued: append([]string{"--from"}, uvValued...)},
	"xargs":        {valued: []string{"-n", "-I", "-P", "-L", "-d", "-E", "-s", "-a", "--max-args", "--max-procs", "--max-chars", "--delimiter", "--arg-file"}},
	"xvfb-run":     {valued: []string{"-e", "-f", "-n", "-p", "-s", "-w", "--error-file", "--auth-file", "--server-num", "--xauth-protocol", "--server-args", "--wait"}},
}

var npxValued = []string{"-p", "--package", "-c", "--call", "-w", "--workspace", "--prefix", "--registry", "--cache", "--userconfig"}

var uvValued = []string{
	"-w", "--with", "--with-editable", "--with-requirements", "--extra", "--group", "--no-group", "--only-group",
	"-p", "--python", "--package", "--project", "--directory", "--env-file", "--config-file", "--cache-dir",
	"-i", "--index-url", "--default-index", "--index", "--extra-index-url", "-f", "--find-links",
}

var shells = []string{"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "rbash"}

// command takes off what wraps a command and notes what is left.
func (w *walker) command(words []Word, f *frame, redirs []*syntax.Redirect) {
	if len(words) == 0 {
		return
	}
	name := path.Base(words[0].Text)
	switch {
	case f.given(words[0]):
		f.run(words[1:], false)
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
		if len(words) > 2 && words[1].Text != "-" {
			w.script1(words[1], f)
		}
	case name == "find":
		w.find(words, f)
	case isPython(name) && module(words) != nil:
		w.command(module(words), f, redirs)
	case isPython(name) && script(words) != nil:
		w.emit(script(words), f)
	case (name == "ruby" || name == "jruby") && len(words) > 2 && words[1].Text == "-S":
		w.command(words[2:], f, redirs)
	case name == "corepack" && len(words) > 1 && packageManager(words[1].Text) != "":
		w.command(append([]Word{{Text: packageManager(words[1].Text)}}, words[2:]...), f, redirs)
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
		rest = rest[i+1:]
	}
	if wrap.too {
		w.emit(words, f)
	}
	i, options := skipOptions(rest, wrap.valued)
	if name == "command" && slices.ContainsFunc(options, func(o option) bool { return o.has("v", "") || o.has("V", "") }) {
		return
	}
	if i += wrap.args; i >= len(rest) {
		if wrap.sub == "" && !wrap.too {
			w.emit(words, f)
		}
		return
	}
	if wrap.root || wrap.user {
		inner := *f
		if wrap.root {
			inner.rootDir = name
		}
		if wrap.user {
			inner.other = name
		}
		f = &inner
	}
	rest = rest[i:]
	switch name {
	case "npx", "npm", "pnpx", "pnpm", "uvx", "pipx":
		// PACKAGE@VERSION runs the program of that name.
		if at := strings.LastIndexByte(rest[0].Text, '@'); at > 0 && !rest[0].Holes {
			rest = append([]Word{{Text: rest[0].Text[:at]}}, rest[1:]...)
		}
	case "doas":
		f = f.clear(name, nil)
		f.raised = true
	case "flock":
		if len(rest) > 1 && (rest[0].Text == "-c" || rest[0].Text == "--command") {
			w.script1(rest[1], f)
			return
		}
	case "xargs":
		rest = filled(rest, options)
	}
	w.command(rest, f, redirs)
}

// shell follows sh -c SCRIPT and a script on the standard input.
func (w *walker) shell(words []Word, f *frame, redirs []*syntax.Redirect) {
	command, stdin := false, false
	i := 1
options:
	for ; i < len(words); i++ {
		t := words[i].Text
		switch {
		case t == "-" || t == "--":
			i++
			break options
		case t == "--rcfile" || t == "--init-file":
			i++
		case strings.HasPrefix(t, "--"):
		case len(t) > 1 && (t[0] == '-' || t[0] == '+'):
			command = command || t[0] == '-' && strings.Contains(t, "c")
			stdin = stdin || t[0] == '-' && strings.Contains(t, "s")
			if strings.HasSuffix(t, "o") || strings.HasSuffix(t, "O") {
				i++
			}
		default:
			break options
		}
	}
	rest := words[min(i, len(words)):]
	switch {
	case command:
		if len(rest) > 0 {
			w.script1(rest[0], f)
		}
		return
	case len(rest) > 0 && !stdin:
		if rest[0].Holes {
			w.emit(words, f)
			return
		}
		if !strings.HasPrefix(rest[0].Text, "/dev/") {
			w.emit(rest, f) // a script file: it is known by its name
		}
		return
	}
	for _, r := range redirs {
		switch {
		case r.Hdoc != nil:
			w.nest(w.heredoc(r, f), f.shell())
		case r.Op == syntax.WordHdoc:
			w.script1(Word{raw: r.Word}, f)
		}
	}
}

// eval follows the script that the words make together.
func (w *walker) eval(words []Word, f *frame) {
	if len(words) > 0 && f.given(words[0]) {
		f.run(words[1:], true)
		return
	}
	var texts []string
	for _, word := range words {
		texts = append(texts, w.scriptText(word, f))
	}
	w.nest(strings.Join(texts, " "), f)
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

var pythonValued = []string{"-c", "-m", "-W", "-X"}

// module gives MODULE and what follows it in python -m MODULE, or nil.
func module(words []Word) []Word {
	for i := 1; i < len(words) && isOption(words[i].Text); {
		o, next := readOption(words, i, pythonValued)
		switch {
		case o.long != "" || o.has("c", ""):
			return nil
		case o.has("m", "") && o.value.Text != "":
			return append([]Word{o.value}, words[next:]...)
		}
		i = next
	}
	return nil
}

// script gives FILE.py and what follows it in python FILE.py, or nil: a script is
// known by its name, as if it were run by itself.
func script(words []Word) []Word {
	i, _ := skipOptions(words[1:], pythonValued)
	if rest := words[1+i:]; len(rest) > 0 && !rest[0].Holes && strings.HasSuffix(rest[0].Text, ".py") {
		return rest
	}
	return nil
}

// packageManager gives the package manager that corepack runs: yarn of
// yarn@1.22.
func packageManager(word string) string {
	name, _, _ := strings.Cut(word, "@")
	if slices.Contains([]string{"yarn", "yarnpkg", "pnpm", "pnpx", "npm", "npx"}, name) {
		return name
	}
	return ""
}
