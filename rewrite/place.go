package rewrite

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
)

// noPlace tells whether a file of the rule cannot be put where it belongs.
func (r *run) noPlace(m *call, v *verdict) bool {
	v.status = Unsupported
	for _, name := range append(slices.Clone(m.env), v.variable) {
		if d := r.Scope.Lookup(name); d != nil && !d.Env && r.Scope.Env(name) {
			// What would have to be put back depends on the builder.
			v.reason = fmt.Sprintf("both an ENV and a later ARG are named %s, and builders disagree on which of them counts", name)
			return true
		}
		if r.refused(name, v) {
			return true
		}
	}
	v.status = Unreachable
	for _, file := range m.files {
		if mount := r.readFlags().hides(file); mount != "" {
			v.reason = fmt.Sprintf("the RUN mounts something on %s, which hides %s", mount, file)
			return true
		}
		if r.readFlags().unknown {
			v.reason = fmt.Sprintf("the RUN's flags cannot be resolved, and may hide %s", file)
			return true
		}
		user := r.Scope.User
		if needsRoot(file) && user == nil && r.Stage.Image() != "scratch" && (m.command.Raised || !m.rule.Rule.Files[file].Privileged) {
			v.reason = fmt.Sprintf("%s is written as root, and the base image's user is not known; say it with USER before", file)
			return true
		}
		if dir := projectOf(file); !ours(file) && (r.Scope.Workdir == "" || r.Scope.Workdir == dir) {
			v.reason = fmt.Sprintf("%s may be the project's own, because WORKDIR is %s or not known; say another one before", file, dir)
			return true
		}
		if remover := r.removedBefore(m.command, file); remover != "" {
			v.reason = fmt.Sprintf("the RUN itself takes %s away before: %s", file, shorten(remover))
			return true
		}
		if needsRoot(file) && user != nil && !user.Root() {
			if _, same := r.Scope.SayAgain(r.Scope); !same {
				v.reason = fmt.Sprintf("%s is written as root, and USER %s would no longer give the same user afterwards", file, user.Text)
				return true
			}
		}
	}
	return false
}

// projectOf is the directory of a project whose own the file would be: that of
// the file, or the one that its hidden directory is in (.cargo/config.toml).
func projectOf(file string) string {
	dir := path.Dir(file)
	for strings.HasPrefix(path.Base(dir), ".") {
		dir = path.Dir(dir)
	}
	return dir
}

// removedBefore gives the command of the RUN that takes a file away before
// another command, or "".
func (r *run) removedBefore(before shell.Command, file string) string {
	if !strings.Contains(r.source, "rm") && !strings.Contains(r.source, "mount") && !strings.Contains(r.source, "find") {
		return ""
	}
	for _, c := range r.script.Commands {
		if &c.Words[0] == &before.Words[0] {
			break
		}
		switch path.Base(c.Words[0].Text) {
		case "rm", "rmdir", "mount":
		case "find":
			if !slices.ContainsFunc(c.Words, func(w shell.Word) bool { return w.Text == "-delete" || w.Text == "-exec" }) {
				continue
			}
		default:
			continue
		}
		for _, w := range c.Words[1:] {
			if w.Holes || !strings.HasPrefix(w.Text, "/") {
				continue
			}
			dir := path.Clean(w.Text)
			if dir == "/" || strings.HasPrefix(file, dir+"/") || globs(dir, file) {
				return c.Text()
			}
		}
	}
	return ""
}

// globs tells whether a shell's pattern names a file, or a directory that it is
// in. A * at the beginning of a name does not stand for a dot.
func globs(pattern, file string) bool {
	pattern = strings.ReplaceAll(pattern, "[!", "[^") // as path.Match writes it
	for name := file; name != "/"; name = path.Dir(name) {
		ok, _ := path.Match(pattern, name)
		if ok && !(strings.HasPrefix(path.Base(name), ".") && !strings.HasPrefix(path.Base(pattern), ".")) {
			return true
		}
	}
	return false
}

// needsRoot tells whether only root can write a file: all places but those that
// are everybody's.
func needsRoot(file string) bool {
	return !strings.HasPrefix(file, "/tmp/") && !strings.HasPrefix(file, "/var/tmp/")
}
