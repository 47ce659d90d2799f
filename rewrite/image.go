package rewrite

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/rules"
)

// frontend reports the image of the syntax directive, which the builder fetches
// before it reads anything else.
func (rw *Rewriter) frontend(f *dockerfile.File) []Download {
	image, line := f.Syntax()
	if image == "" {
		return nil
	}
	var list []Download
	for _, rule := range rw.referred["from"] {
		v := verdict{
			status: Unsupported, hosts: []string{registryOf(image)},
			reason: "the builder fetches it before it reads the file, so nothing in the file can change where from",
			fix:    "give the build the argument BUILDKIT_SYNTAX with the mirror's image, or the builder a registry mirror",
		}
		d := Download{
			Line: line, EndLine: line, Instruction: "# syntax", Rule: rule.Name, Upstreams: []string{},
			Status: v.status, Reason: v.reason, Fix: v.fix, barred: true,
		}
		d.add(image, v)
		list = append(list, d)
	}
	return list
}

// registryOf gives the host that an image comes from.
func registryOf(image string) string {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return ""
	}
	return reference.Domain(named)
}

// A head is how an image reference begins: bytes that stand for the registry,
// and whether the name behind them needs docker's "library/".
type head struct {
	registry string
	length   int
	library  bool
}

// headOf reads the beginning of an image reference, in which variables may
// follow. It is not known where one could change what it means: docker takes what
// stands before the first slash for a registry if it looks like a host
// (github.com/distribution/reference, splitDockerDomain).
func headOf(raw string) (h head, known bool) {
	literal, _, variable := strings.Cut(raw, "$")
	first, name, slash := strings.Cut(literal, "/")
	if !slash || !strings.ContainsAny(first, ".:") && first != "localhost" && strings.ToLower(first) == first {
		first, name = "", literal
	} else {
		h.length = len(first) + 1
	}
	switch first {
	case "", "docker.io", "index.docker.io":
		h.registry = "docker.io"
	default:
		h.registry = first
		return h, true
	}
	if strings.Contains(name, "/") {
		return h, true
	}
	h.library = true
	return h, name != "" && (!variable || strings.ContainsAny(name, ":@"))
}

// from looks at the image of a FROM.
func (x *referrer) from(s *inspection) {
	if x.node.Next == nil || x.in.Keyword != "from" {
		return
	}
	raw, stage := x.node.Next.Value, x.in.Stage
	if stage.Parent == nil && stage.Base != "scratch" && x.couldBeContext(s, raw) {
		return
	}
	if stage.Parent != nil || stage.Base == "scratch" {
		return
	}
	if stage.Ambiguous {
		s.add(x.rule, raw, verdict{status: Unresolved, reason: "the stage is FROM one of several stages, by a variable that cannot be resolved"})
		return
	}
	if name, rest, ok := carrier(raw); ok {
		x.fromVariable(s, raw, name, rest)
		return
	}
	x.image(s, raw, stage.Base, func() (int, bool) { return x.lines().First(raw) })
}

// image looks at a reference that is written in the instruction, at a place that
// find gives.
func (x *referrer) image(s *inspection, raw, shown string, find func() (int, bool)) {
	ref := x.rule.References["image"]
	h, known := headOf(raw)
	switch {
	case !known:
		s.add(x.rule, raw, verdict{status: Unresolved, reason: raw + " cannot be resolved from the Dockerfile as far as the registry"})
	case !strings.Contains(raw, "$") && registryOf(raw) == "":
		s.add(x.rule, raw, verdict{status: Unresolved, reason: raw + " is no reference to an image that docker would take"})
	case x.mirrored(s, raw):
	case rules.Loopback(hostname(h.registry)):
		// No download: it is on this machine.
	case x.local(s, raw, shown):
	default:
		v := x.mirror(h.registry)
		if place, ok := find(); !ok {
			v = verdict{status: Unsupported, reason: raw + " is written in a way that is not changed"}
		} else if v.status == Wrappable {
			v.edits = []edit{{place, place + h.length, h.in(ref)}}
		}
		s.add(x.rule, shown, x.judged("image", h.registry, v))
	}
}

// in gives what stands in the place of the head.
func (h head) in(ref rules.Reference) string {
	to := ref.To[h.registry] + "/"
	if h.library {
		to += "library/"
	}
	return to
}

// mirror tells whether there is a mirror for a registry.
func (x *referrer) mirror(registry string) verdict {
	ref := x.rule.References["image"]
	if ref.To[registry] != "" {
		return verdict{status: Wrappable, changeable: true, fix: "tplproxy rewrite"}
	}
	v := verdict{status: Direct, changeable: true}
	if _, own := x.rule.Rule.References["image"].To[registry]; own {
		v.reason, v.fix = x.rule.Setting+" is not set", "set "+x.rule.Setting
	} else {
		v.reason = fmt.Sprintf("%s names no mirror for %s", ref.Of, registry)
		v.fix = fmt.Sprintf("add %s=URL to %s", registry, ref.Of)
	}
	return v
}

// mirrored tells whether the author names the mirror already.
func (x *referrer) mirrored(s *inspection, raw string) bool {
	for registry, to := range x.rule.References["image"].To {
		if strings.HasPrefix(raw, to+"/") {
			s.add(x.rule, raw, verdict{status: Proxied, reason: "the Dockerfile names the mirror itself", hosts: []string{registry}})
			return true
		}
	}
	return false
}

// local tells whether an image is one that may have been built on this machine.
func (x *referrer) local(s *inspection, raw, shown string) bool {
	ref := x.rule.References["image"]
	name := imageName(shown)
	if name == "" {
		name = imageName(raw)
	}
	for _, pattern := range ref.Except {
		if ok, _ := path.Match(imagePattern(pattern), name); ok {
			s.add(x.rule, shown, verdict{
				status: Direct, hosts: []string{registryOf(name)},
				reason: fmt.Sprintf("%s lists it: it may have been built on this machine", ref.ExceptOf),
				fix:    fmt.Sprintf("take %s out of %s, if it is always pulled", pattern, ref.ExceptOf),
			})
			return true
		}
	}
	return false
}

// imageName gives an image's full name, without tag and digest, as far as it is
// written out.
func imageName(image string) string {
	if i := strings.IndexByte(image, '$'); i >= 0 {
		image = strings.TrimRight(image[:i], ":@-_./")
	}
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return ""
	}
	return named.Name()
}

// imagePattern gives the pattern of full names for one as a person writes it.
func imagePattern(pattern string) string {
	slash := strings.LastIndexByte(pattern, '/')
	if i := strings.IndexByte(pattern[slash+1:], ':'); i >= 0 {
		pattern = pattern[:slash+1+i]
	}
	h, _ := headOf(pattern)
	pattern = pattern[h.length:]
	if h.library {
		pattern = "library/" + pattern
	}
	return h.registry + "/" + pattern
}

func hostname(registry string) string {
	host, _, _ := strings.Cut(registry, ":")
	return host
}

// fromVariable looks at a FROM whose image begins with a variable: it is changed
// where a global ARG gives its value, if nothing else reads that.
func (x *referrer) fromVariable(s *inspection, raw, name, rest string) {
	use := x.globals.use(x.file, name)
	if why := use.unresolved(); why != "" {
		s.add(x.rule, raw, verdict{status: Unresolved, reason: why})
		return
	}
	arg, shown := use.arg, x.in.Stage.Base
	ref := x.rule.References["image"]
	h, known := headOf(arg.Value + rest)
	if !known || h.length > len(arg.Value)+1 || arg.Value == "" || strings.Contains(arg.Value[:min(h.length, len(arg.Value))], "$") {
		s.add(x.rule, raw, verdict{status: Unresolved, reason: raw + " is put together from variables, and not changed"})
		return
	}
	if x.mirrored(s, arg.Value+rest) || rules.Loopback(hostname(h.registry)) || x.local(s, arg.Value+rest, shown) {
		return
	}
	v := x.mirror(h.registry)
	v.changeIn = arg.In
	place, ok := x.file.Text(arg.In).Find(arg.Word)
	switch {
	case use.other != "":
		v = verdict{status: Unsupported, reason: use.other}
	case !ok || arg.In.Open:
		v = verdict{status: Unsupported, reason: "ARG " + name + " is written in a way that is not changed"}
	case v.status == Wrappable:
		place += strings.Index(arg.Word, "=") + 1 + arg.Quote
		to, length := h.in(ref), h.length
		if length > len(arg.Value) {
			to, length = strings.TrimSuffix(to, "/"), length-1 // the slash stands behind the variable
		}
		v.edits = []edit{{place, place + length, to}}
	}
	s.add(x.rule, shown, x.judged("image", h.registry, v))
}

// couldBeContext tells whether a name is bare, so that it could be that of a build
// context (--build-context NAME=…), which a changed reference would pass over.
func (x *referrer) couldBeContext(s *inspection, raw string) bool {
	if strings.ContainsAny(raw, "/:@.$") {
		return false
	}
	s.add(x.rule, raw, verdict{
		status: Unresolved, reason: raw + " could be a named build context as well as an image",
		fix: "write docker.io/library/" + raw + ", if it is an image",
	})
	return true
}

// copyFrom looks at the image of COPY --from.
func (x *referrer) copyFrom(s *inspection) {
	for _, flag := range x.node.Flags {
		if raw, ok := strings.CutPrefix(flag, "--from="); ok {
			x.fromImage(s, raw, flag, len("--from="))
		}
	}
}

// mounts looks at the images of RUN --mount=from=.
func (x *referrer) mounts(s *inspection) {
	for _, flag := range x.node.Flags {
		if !strings.HasPrefix(flag, "--mount=") {
			continue
		}
		at := len("--mount=")
		for field := range strings.SplitSeq(flag[at:], ",") {
			if key, raw, _ := strings.Cut(field, "="); strings.EqualFold(key, "from") && raw != "" {
				x.fromImage(s, raw, flag, at+len("from="))
			}
			at += len(field) + 1
		}
	}
}

// fromImage looks at what COPY --from or RUN --mount=from= names, unless that is
// a stage; the name stands in a flag.
func (x *referrer) fromImage(s *inspection, raw, flag string, at int) {
	if strings.Trim(raw, "0123456789") == "" || slices.ContainsFunc(x.file.Stages, func(st *dockerfile.Stage) bool { return strings.EqualFold(st.Name, raw) }) {
		return
	}
	if strings.HasPrefix(raw, "$") {
		s.add(x.rule, raw, verdict{status: Unresolved, reason: raw + " cannot be resolved from the Dockerfile"})
		return
	}
	if x.couldBeContext(s, raw) {
		return
	}
	x.image(s, raw, raw, func() (int, bool) {
		place, ok := x.lines().Find(flag)
		return place + at, ok
	})
}
