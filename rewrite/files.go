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
func (l *layers) fileLines(scope *dockerfile.Scope, script string, resources []resource) []string {
	if script == "" {
		return nil
	}
	run := l.file.Keyword("RUN") + " " + execForm("/bin/sh", "-c", script)
	root := slices.ContainsFunc(resources, func(r resource) bool { return r.file != "" && needsRoot(r.file) })
	if !root || scope.User == nil || scope.User.Root() {
		return []string{run}
	}
	user := l.file.Keyword("USER")
	text, _ := scope.SayAgain(scope)
	return []string{user + " root", run, user + " " + text}
}

// tolerant tells whether a file that cannot be written must not stop the build:
// the base image's user is not known, and may not be root.
func tolerant(scope *dockerfile.Scope) bool { return scope.User == nil }

// made marks a directory that we made, so that exactly those are removed.
const made = "/.tplproxy-made"

// write gives the script that writes the files. A tolerant one passes over what
// it may not write.
func write(resources []resource, tolerant bool) string {
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
			step = fmt.Sprintf("{ [ -d %s ] || { mkdir -p %s && : > %s%s; }; } && %s", dir, dir, dir, made, step)
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
func remove(resources []resource) string {
	var steps []string
	for _, r := range slices.Backward(resources) {
		if r.file == "" {
			continue
		}
		dir := path.Dir(r.file)
		if ours(dir) {
			steps = append(steps, "rm -rf "+dir)
			continue
		}
		step := "rm -f " + r.file
		if !ours(r.file) {
			step = fmt.Sprintf("[ ! -w %s ] || { %s && { [ ! -e %s.tplproxy ] || mv %s.tplproxy %s; }; }", dir, step, r.file, r.file, r.file)
		}
		steps = append(steps, step)
		if r.create {
			// Something else may stand in the directory by now: then it stays.
			steps = append(steps, fmt.Sprintf("[ ! -e %s%s ] || { rm %s%s; rmdir %s 2>/dev/null || :; }", dir, made, dir, made, dir))
		}
	}
	return join(steps)
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
