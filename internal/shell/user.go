package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

var envValued = []string{"-u", "-C", "-S", "--unset", "--chdir", "--split-string"}

// env follows env -i -u NAME NAME=VALUE COMMAND.
func (w *walker) env(rest []Word, f *frame, redirs []*syntax.Redirect) {
	inner := f.fork()
	for i := 0; i < len(rest); i++ {
		t := rest[i].Text
		name, _, assignment := strings.Cut(t, "=")
		switch {
		case t == "-":
			inner = inner.clear("env -", nil)
		case isOption(t):
			o, next := readOption(rest, i, envValued)
			i = next - 1
			if o.has("i", "--ignore-environment") {
				inner = inner.clear("env -i", nil)
			}
			if o.has("C", "--chdir") {
				inner.elsewhere = "env -C"
			}
			switch {
			case o.has("u", "--unset"):
				inner.env.remove(o.value.Text)
			case o.has("S", "--split-string"):
				w.script1(o.value, inner)
				return
			}
		case assignment && name != "":
			inner.env.assign(name, behind(rest[i], name+"="))
		default:
			w.command(rest[i:], inner, redirs)
			return
		}
	}
}

// clear is a frame that the build's variables do not reach, but for kept ones.
func (f *frame) clear(by string, kept []string) *frame {
	outer := f.env.copy()
	c := *f
	c.cleared, c.kept = by, kept
	c.env = &environment{lookup: func(name string) (string, Value) {
		if slices.Contains(kept, name) {
			return outer.outer(name)
		}
		return "", Unknown
	}}
	for _, name := range kept {
		if v, ok := outer.set[name]; ok {
			c.env.assign(name, v)
		} else if outer.unset[name] {
			c.env.remove(name)
		}
	}
	return &c
}

var sudoValued = []string{"-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R", "--user", "--group", "--host", "--prompt", "--chdir", "--chroot"}

// sudo follows sudo, which resets the environment unless it is told to keep it.
func (w *walker) sudo(rest []Word, f *frame, redirs []*syntax.Redirect) {
	i, options := skipOptions(rest, sudoValued)
	keep, shell := false, false
	var kept []string
	root, elsewhere := f.rootDir, f.elsewhere
	for _, o := range options {
		switch {
		case o.long == "--preserve-env" && o.value.Text != "":
			kept = append(kept, strings.Split(o.value.Text, ",")...)
		case o.has("E", "--preserve-env"):
			keep = true
		case o.has("R", "--chroot"):
			root = "sudo --chroot"
		}
		if o.has("D", "--chdir") {
			elsewhere = "sudo --chdir"
		}
		shell = shell || o.has("i", "--login") || o.has("s", "--shell")
	}
	inner := f.fork()
	if !keep {
		inner = f.clear("sudo without -E", kept)
	}
	inner.rootDir, inner.raised, inner.other, inner.elsewhere = root, true, "sudo", elsewhere
	for ; i < len(rest); i++ {
		name, _, ok := strings.Cut(rest[i].Text, "=")
		if !ok || !isName(name) {
			break
		}
		inner.env.assign(name, behind(rest[i], name+"="))
	}
	if i >= len(rest) {
		if shell {
			w.shell([]Word{{Text: "sh"}}, inner, redirs)
		}
		return
	}
	w.command(rest[i:], inner, redirs)
}

var suValued = []string{
	"-c", "-s", "-g", "-G", "-w", "-u", "-T", "--command", "--session-command",
	"--shell", "--group", "--supp-group", "--whitelist-environment", "--user",
}

// su follows su USER -c SCRIPT and runuser -u USER COMMAND.
func (w *walker) su(words []Word, f *frame, redirs []*syntax.Redirect) {
	name := path.Base(words[0].Text)
	login := ""
	var kept []string
	var script, user *Word
	i := 1
	for i < len(words) && user == nil {
		t := words[i].Text
		if t == "-" {
			login = name + " -"
		}
		if !isOption(t) || t == "--" {
			i++
			continue
		}
		var o option
		o, i = readOption(words, i, suValued)
		if o.has("l", "--login") {
			login = name + " -l"
		}
		switch {
		case o.has("c", "--command") || o.long == "--session-command":
			script = &o.value
		case o.has("w", "--whitelist-environment"):
			kept = strings.Split(o.value.Text, ",")
		case name == "runuser" && o.has("u", "--user"):
			user = &o.value
		}
	}
	inner := f.shell()
	if login != "" {
		inner = f.clear(login, kept)
	}
	inner.other = name
	switch {
	case user != nil:
		j, _ := skipOptions(words[i:], suValued)
		w.command(words[i+j:], inner, redirs)
	case script != nil:
		w.script1(*script, inner)
	default:
		w.shell([]Word{{Text: "sh"}}, inner, redirs)
	}
}
