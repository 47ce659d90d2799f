package rewrite

import (
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/rules"
)

// references finds what an instruction itself fetches, without a command: images
// and what ADD is given.
func (rw *Rewriter) references(f *dockerfile.File, known *fileFacts, s *inspection, keyword string, node *parser.Node) {
	for _, rule := range rw.referred[keyword] {
		x := &referrer{fileFacts: known, file: f, in: s.in, node: node, rule: rule}
		switch keyword {
		case "from":
			x.from(s)
		case "copy":
			x.copyFrom(s)
		case "run":
			x.mounts(s)
		case "add":
			x.add(s)
		}
	}
}

// lines are the instruction's, put together.
func (x *referrer) lines() dockerfile.Text {
	if x.text == nil {
		text := x.file.Text(x.in)
		x.text = &text
	}
	return *x.text
}

// A referrer looks at one instruction for one rule.
type referrer struct {
	*fileFacts
	file *dockerfile.File
	in   *dockerfile.Instruction
	node *parser.Node // the instruction, or the one in an ONBUILD
	rule *rules.Resolved
	text *dockerfile.Text // nil until it is asked for
}

// fileFacts are what was found out about a file, for all of its references.
type fileFacts struct {
	globals globals
	git     map[int]gitInstall // by the index of a RUN
}

// judged is what becomes of a reference that could be changed.
func (x *referrer) judged(kind string, host string, v verdict) verdict {
	ref := x.rule.References[kind]
	if v.status != Unresolved {
		v.hosts = []string{host}
	}
	switch {
	case x.in.Keyword == "onbuild":
		return verdict{status: Unsupported, hosts: v.hosts, reason: "ONBUILD runs in the builds of other images, where a proxy of this build has no place"}
	case v.status == Wrappable && len(v.edits) > 0 && tooLong(x.file, x.in):
		return verdict{status: Unsupported, hosts: v.hosts, reason: "a line of it is too long to be changed"}
	case x.in.Open:
		return verdict{status: Unsupported, hosts: v.hosts, reason: "the file ends in a line continuation, so nothing can stand behind the instruction; end its last line without one"}
	case v.status != Wrappable:
	case ref.Off != "":
		v.status, v.reason, v.fix = Direct, ref.Off, "set "+settingIn(ref.Off)
	}
	if v.status != Wrappable {
		v.edits = nil
	}
	return v
}

// settingIn gives the last setting that a reason names: the first one where there
// are several.
func settingIn(off string) string {
	words := strings.Fields(off)
	for _, w := range words {
		if w == strings.ToUpper(w) {
			return w
		}
	}
	return ""
}

// unlisted tells that a setting does not list a host.
func unlisted(setting, host string) verdict {
	return verdict{
		status: Direct, reason: fmt.Sprintf("%s does not list %s", setting, host),
		fix: fmt.Sprintf("add %s to %s, if the mirror serves it", host, setting),
	}
}

// carrier is the variable that a word begins with, and what stands behind it:
// $NAME or ${NAME}. ok is false where the word begins with anything else.
func carrier(word string) (name, rest string, ok bool) {
	body, ok := strings.CutPrefix(word, "$")
	if !ok {
		return "", "", false
	}
	if braced, ok := strings.CutPrefix(body, "{"); ok {
		end := strings.IndexByte(braced[:min(len(braced), maxName)], '}')
		if end < 0 || !isVariable(braced[:end]) {
			return "", "", false
		}
		return braced[:end], braced[end+1:], true
	}
	end := strings.IndexFunc(body, func(c rune) bool { return !isVariablePart(c) })
	if end < 0 {
		end = len(body)
	}
	return body[:end], body[end:], isVariable(body[:end])
}

// maxName is how long a variable's name may be.
const maxName = 256

func isVariable(name string) bool {
	return name != "" && strings.IndexFunc(name, func(c rune) bool { return !isVariablePart(c) }) < 0
}

func isVariablePart(c rune) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// mentioned counts where a text could expand a variable.
func mentioned(text, name string) int {
	n := 0
	for i := strings.IndexByte(text, '$'); i >= 0; {
		if got, _, ok := carrier(text[i:]); ok && got == name || strings.HasPrefix(text[i:], "${"+name) {
			n++
		}
		next := strings.IndexByte(text[i+1:], '$')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return n
}
