package rewrite

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// fileLines gives the RUN with a script, as the user that it needs.
func (l *layers) fileLines(scope *dockerfile.Scope, script string, resources []*resource) []string {
	if script == "" {
		return nil
	}
	return l.runAs(scope, slices.ContainsFunc(resources, func(r *resource) bool { return r.file != "" && needsRoot(r.file) }), script)
}

// runAs gives the RUN with a script, as root where it asks for that.
func (l *layers) runAs(scope *dockerfile.Scope, root bool, script string, args ...string) []string {
	command := []string{shellOf(scope), "-c", script}
	if len(args) > 0 {
		command = append(append(command, "sh"), args...)
	}
	run := l.file.Keyword("RUN") + " " + execForm(command...)
	if !root || scope.User == nil || scope.User.Root() {
		return []string{run}
	}
	user := l.file.Keyword("USER")
	text, _ := scope.SayAgain(scope)
	lines := []string{user + " root", run}
	if scope.User.Undeclared(scope) {
		// The author's own line may have such a comment; see set.
		lines = append(lines, "# check=skip=UndefinedVar")
	}
	return append(lines, user+" "+text)
}

// shellOf is the shell that runs a script of ours: /bin/sh, but for images that
// say by SHELL that they have theirs elsewhere (/busybox/sh).
func shellOf(scope *dockerfile.Scope) string {
	if len(scope.Shell) == 0 || !path.IsAbs(scope.Shell[0]) || !isShell(scope.Shell[:1]) {
		return "/bin/sh"
	}
	switch path.Dir(scope.Shell[0]) {
	case "/bin", "/usr/bin", "/usr/local/bin":
		return "/bin/sh"
	}
	return scope.Shell[0]
}

// tolerant tells whether a file that cannot be written must not stop the build:
// the base image's user is not known, and may not be root.
func tolerant(scope *dockerfile.Scope) bool { return scope.User == nil }

// made marks a directory that we made, so that exactly those are removed.
const made = "/.tplproxy-made"

// write gives the script that writes the files. A tolerant one passes over what
// it may not write.
func write(resources []*resource, tolerant bool) string {
	var steps []string
	for _, r := range resources {
		if r.file == "" {
			continue
		}
		dir := path.Dir(r.file)
		step := fmt.Sprintf("printf '%%s\\n' %s > %s", quoteLines(r.value), r.file)
		if !ours(r.file) {
			step = fmt.Sprintf("{ { [ ! -e %s ] || mv %s %s.tplproxy; } && %s; }", r.file, r.file, r.file, step)
		}
		switch {
		case ours(dir):
			step = fmt.Sprintf("mkdir -p %s && %s", dir, step)
		case r.create:
			for _, d := range slices.Backward(ancestors(dir)) {
				step = fmt.Sprintf("{ [ -d %s ] || { mkdir %s && : > %s%s; }; } && %s", d, d, d, made, step)
			}
		case tolerant:
			step = fmt.Sprintf("[ ! -w %s ] || %s", dir, step)
		default:
			step = fmt.Sprintf("[ ! -d %s ] || %s", dir, step)
		}
		if tolerant && (ours(dir) || r.create) {
			step += " || :"
		}
		steps = append(steps, step)
	}
	return join(steps)
}

// join puts steps together, all of which must succeed.
func join(steps []string) string {
	if len(steps) > 1 {
		for i, s := range steps {
			steps[i] = "{ " + s + "; }"
		}
	}
	return strings.Join(steps, " && ")
}

// remove gives the script that takes the files away again. What was not written
// is no error.
func remove(resources []*resource) string {
	var steps []string
	for _, r := range slices.Backward(resources) {
		if r.file == "" {
			continue
		}
		dir := path.Dir(r.file)
		if ours(dir) {
			if step := "rm -rf " + oursIn(dir); !slices.Contains(steps, step) {
				steps = append(steps, step)
			}
			continue
		}
		step := "rm -f " + r.file
		if !ours(r.file) {
			step = fmt.Sprintf("[ ! -w %s ] || { %s && { [ ! -e %s.tplproxy ] || mv %s.tplproxy %s; }; }", dir, step, r.file, r.file, r.file)
		}
		steps = append(steps, step)
		if r.create {
			// Something else may stand in the directory by now: then it stays.
			for _, d := range slices.Backward(ancestors(dir)) {
				steps = append(steps, fmt.Sprintf("[ ! -e %s%s ] || { rm %s%s; rmdir %s 2>/dev/null || :; }", d, made, d, made, d))
			}
		}
	}
	return join(steps)
}

// ancestors lists a directory and those it is in, the outermost first, without
// the root.
func ancestors(dir string) []string {
	var list []string
	for ; dir != "/"; dir = path.Dir(dir) {
		list = append(list, dir)
	}
	slices.Reverse(list)
	return list
}

// oursIn gives the outermost directory of ours that a directory is, or is in.
func oursIn(dir string) string {
	for _, d := range ancestors(dir) {
		if ours(path.Base(d)) {
			return d
		}
	}
	return dir
}

// ours tells by its name that nobody else has that file or directory.
func ours(name string) bool { return strings.Contains(name, "tplproxy") }

// quoteLines quotes each line for a shell.
func quoteLines(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		words = append(words, quoteWord(strings.TrimRight(line, "\n")))
	}
	return strings.Join(words, " ")
}

func quoteWord(s string) string {
	if q, err := syntax.Quote(s, syntax.LangPOSIX); err == nil && q != s {
		return q
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// execForm writes a RUN's arguments as JSON.
func execForm(args ...string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(args); err != nil {
		panic(err) // strings always encode
	}
	return strings.TrimSpace(b.String())
}
