package rewrite

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// A run is a RUN instruction and what it runs.
type run struct {
	*dockerfile.Instruction
	file   *dockerfile.File
	text   *lowerCase
	script *shell.Script
	source string // what its shell gets
	err    error  // of the shell's parser
	root   string // what changes the root directory in it, "" for nothing
	flags  *flags // nil until they are asked for

	programs [][]*program // what the rules know of its commands

	dirs map[string]*directories // where its commands work, by rule

	placed   bool // whether placesOf is known
	placesOf []int

	// configs are what the RUNs so far have configured, this one included.
	configs map[*dockerfile.Stage][]config
}

// A lowerCase is a file's text in lower case, every byte at its place, made when
// it is first asked for.
type lowerCase struct {
	source, lower []byte
	pairs         [64]uint64      // which two bytes follow each other in it, by pairOf
	asked         map[string]bool // what was asked for before
	brought       map[int][]byte  // by the index of a RUN: its text without comments and rm
}

func (l *lowerCase) contains(text string) bool {
	if known, ok := l.asked[text]; ok {
		return known
	}
	found := l.search(text)
	if l.asked == nil {
		l.asked = map[string]bool{}
	}
	l.asked[text] = found
	return found
}

func (l *lowerCase) search(text string) bool {
	if l.lower == nil {
		l.lower = bytes.Clone(l.source)
		before := byte(0)
		for i, c := range l.lower {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
				l.lower[i] = c
			}
			pair := pairOf(before, c)
			l.pairs[pair/64] |= 1 << (pair % 64)
			before = c
		}
	}
	// Most of what is asked for is not there, and is seen not to be by this.
	for i := 1; i < len(text); i++ {
		pair := pairOf(text[i-1], text[i])
		if l.pairs[pair/64]&(1<<(pair%64)) == 0 {
			return false
		}
	}
	return bytes.Contains(l.lower, []byte(text))
}

// pairOf is a number below 4096 for two bytes, mostly another one for others.
func pairOf(a, b byte) int { return (int(a)*67 + int(b)) % 4096 }

// A config is a tool that a RUN configured.
type config struct {
	rule *rules.Resolved
	configured
}

// newRun reads a RUN, or the RUN in an ONBUILD, in the scope it stands in. A
// script that is not named, which cannot hold what anybody looks for, is not
// parsed.
func newRun(f *dockerfile.File, in *dockerfile.Instruction, node *parser.Node, named func(string) bool) *run {
	r := &run{Instruction: in, file: f}
	if node.Next == nil {
		r.script = &shell.Script{}
		return r
	}
	if node.Attributes["json"] {
		var args []string
		for n := node.Next; n != nil; n = n.Next {
			args = append(args, n.Value)
		}
		r.source = strings.Join(args, " ")
		r.script = shell.ParseExec(args, r.lookup)
		return r
	}
	r.source = scriptOf(node)
	if r.windows() {
		// A backslash is a part of a path there.
		r.source = strings.ReplaceAll(r.source, `\`, "/")
	}
	if r.source == "" || !named(r.source) {
		r.script = &shell.Script{}
		return r
	}
	r.script, r.err = shell.Parse(r.source, r.lookup)
	return r
}

// scriptOf gives what the shell gets: as BuildKit's dispatchRun puts it
// together. It is empty where another interpreter gets it.
func scriptOf(node *parser.Node) string {
	line := node.Next.Value
	if len(node.Heredocs) == 0 {
		return line
	}
	if parser.MustParseHeredoc(line) != nil {
		doc := node.Heredocs[0]
		content := doc.Content
		if doc.Chomp {
			content = parser.ChompHeredocContent(content)
		}
		if interpreter, found := strings.CutPrefix(content, "#!"); found && !isShell(strings.Fields(firstLine(interpreter))) {
			return ""
		}
		return content
	}
	var b strings.Builder
	b.WriteString(line)
	for _, doc := range node.Heredocs {
		b.WriteString("\n" + doc.Content + doc.Name)
	}
	return b.String()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// isShell tells whether one of the words is a shell whose language is parsed.
func isShell(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"}, path.Base(w))
	})
}

// otherRoot names what changes the root directory in the RUN.
func (r *run) otherRoot() string {
	if r.err != nil {
		return ""
	}
	for _, c := range r.script.Commands {
		if c.Root != "" {
			return c.Root
		}
	}
	return ""
}

func (r *run) lookup(name string) (string, shell.Value) {
	v := r.Scope.Lookup(name)
	switch {
	case v == nil && r.Scope.Unset(name):
		return "", shell.Unset
	case v == nil || !v.Known:
		return "", shell.Unknown
	}
	return v.Value, shell.Known
}

// otherShell names the shell of a RUN that is none whose language is parsed.
func (r *run) otherShell() string {
	if s := r.Scope.Shell; s != nil && !isShell(s) && !r.Node.Attributes["json"] {
		return path.Base(strings.ReplaceAll(s[0], `\`, "/"))
	}
	return ""
}

// windows tells whether the stage builds a Windows image: by its base, or by a
// Windows shell.
func (r *run) windows() bool {
	if strings.HasPrefix(strings.ToLower(r.Stage.Platform), "windows") {
		return true
	}
	image := strings.ToLower(r.Stage.Image())
	for _, part := range windowsImages {
		if strings.Contains(image, part) {
			return true
		}
	}
	if r.Scope.Shell == nil {
		return false
	}
	shell := strings.TrimSuffix(strings.ToLower(r.otherShell()), ".exe")
	return slices.Contains(windowsShells, shell)
}

var (
	windowsImages = []string{"/windows", "nanoserver", "servercore", "dotnet/framework"}
	windowsShells = []string{"cmd", "powershell", "pwsh"}
)

// flags are the options of a RUN that matter here.
type flags struct {
	noNetwork bool
	mounts    []string // the directories and files that something is mounted on
	unknown   bool     // whether some cannot be read
}

func (r *run) hasFlag(name string) bool {
	return slices.ContainsFunc(r.Node.Flags, func(f string) bool { return strings.HasPrefix(f, name) })
}

func (r *run) readFlags() *flags {
	if r.flags != nil {
		return r.flags
	}
	r.flags = &flags{}
	if len(r.Node.Flags) == 0 {
		return r.flags
	}
	// With a comment for the linter above it, and without a linter, v0.34.2
	// stops on a nil pointer.
	node := *r.Node
	node.PrevComment = nil
	parsed, err := instructions.ParseInstruction(&node)
	cmd, ok := parsed.(*instructions.RunCommand)
	if err != nil || !ok {
		r.flags.unknown = true
		return r.flags
	}
	r.flags.noNetwork = instructions.GetNetwork(cmd) == instructions.NetworkNone
	expand := func(word string) (string, error) {
		value, known := r.file.Expand(r.Scope, word)
		if !known {
			value = "0" // a number will do for every field but the target
		}
		return value, nil
	}
	for _, flag := range r.Node.Flags {
		for field := range strings.SplitSeq(strings.TrimPrefix(flag, "--mount="), ",") {
			key, value, _ := strings.Cut(field, "=")
			if slices.Contains([]string{"target", "dst", "destination"}, strings.ToLower(key)) {
				_, known := r.file.Expand(r.Scope, value)
				r.flags.unknown = r.flags.unknown || !known
			}
		}
	}
	if err := cmd.Expand(expand); err != nil {
		// A number that is a variable, say; the targets can be read all the same.
		r.flags.unknown = true
	}
	for _, m := range instructions.GetMounts(cmd) {
		target := m.Target
		if m.Type == instructions.MountTypeSecret || m.Type == instructions.MountTypeSSH {
			continue // a file of its own, beside ours
		}
		if !path.IsAbs(target) {
			target = path.Join("/", r.Scope.Workdir, target)
		}
		r.flags.mounts = append(r.flags.mounts, path.Clean(target))
	}
	return r.flags
}

// hides names the mount that hides a file, or "".
func (f *flags) hides(file string) string {
	for _, m := range f.mounts {
		if file == m || strings.HasPrefix(file, strings.TrimSuffix(m, "/")+"/") {
			return m
		}
	}
	return ""
}
