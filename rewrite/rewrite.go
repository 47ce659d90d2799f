// Package rewrite sends the downloads of a Dockerfile through pull-through
// cache proxies, and takes that back.
//
// A [Rewriter] knows the rules (what a download looks like, and what its
// command needs to go through a proxy) and the user's settings (where the
// proxies are). Its [Rewriter.Rewrite] puts a block before and a block behind
// each instruction that downloads something:
//
//	# >>> tplproxy: begin proxy pip >>>
//	#
//	ARG PIP_INDEX_URL
//	ARG TPLPROXY_SAVED_PIP_INDEX_URL=$PIP_INDEX_URL
//	ARG PIP_INDEX_URL=http://127.0.0.1:7762/simple
//	# <<< tplproxy 31c1a6a0a4b1 <<<
//	RUN pip install -r requirements.txt
//	# >>> tplproxy: end proxy pip >>>
//	#
//	ARG PIP_INDEX_URL=$TPLPROXY_SAVED_PIP_INDEX_URL
//	# <<< tplproxy 6a8e15bd0d61 <<<
//
// What no variable and no file reaches is changed itself: the image of a FROM, a
// URL. The instruction then stands in a block that keeps its lines as comments:
//
//	# >>> tplproxy: changed for image >>>
//	#| FROM docker.io/ubuntu:22.04
//	#
//	FROM 127.0.0.1:7760/library/ubuntu:22.04
//	# <<< tplproxy 5fe532dd7290 <<<
//
// Every byte of the file stays, in order: blocks stand between instructions, or in
// the place of one that they keep. [Restore] takes them out again. Restore(Rewrite(x)) is
// Restore(x), Rewrite(Rewrite(x)) is Rewrite(x), and a Rewrite with other
// settings replaces an earlier one.
//
// The rules that come with the tool are those of [rules.Builtin]; [rules.Load]
// reads others.
//
// [Rewriter.Scan] tells what a file downloads, from where, and whether a proxy
// serves it.
//
// All work on the bytes of one Dockerfile and touch no file. Errors that have a
// place in the Dockerfile are an [*Error].
package rewrite

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/rules"
)

// An Error is a Dockerfile that cannot be worked on, and why.
type Error struct {
	Line    int // counted from 1; 0 where it is no single line
	Message string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("%d: %s", e.Line, e.Message)
}

// A Rewriter rewrites and scans Dockerfiles with one set of rules and settings.
// It can be used by several goroutines at once.
type Rewriter struct {
	resolved []*rules.Resolved
	programs *programs
	referred map[string][]*rules.Resolved // the rules that are about an instruction, by its keyword
	verified wellFormed                   // of what it wrote
}

// New makes a Rewriter. The settings name the proxies; a rule without its
// setting is off. The error joins all that is wrong with the settings. A URL
// with a user name or a password is none: Scan needs no secret, but Rewrite
// refuses it with [rules.ErrPassword].
func New(set *rules.Set, settings rules.Settings) (*Rewriter, error) {
	resolved, err := set.Resolve(settings)
	if err != nil {
		return nil, err
	}
	if err := conflicts(resolved); err != nil {
		return nil, err
	}
	rw := &Rewriter{resolved: resolved, programs: index(resolved, set.All()), referred: map[string][]*rules.Resolved{}}
	for _, r := range resolved {
		for _, keyword := range r.Instructions {
			keyword = strings.ToLower(keyword)
			rw.referred[keyword] = append(rw.referred[keyword], r)
		}
	}
	return rw, nil
}

// conflicts tells of two rules in force that would set one thing to different
// values.
func conflicts(resolved []*rules.Resolved) error {
	type owner struct{ rule, value string }
	owners := map[string]owner{}
	for _, r := range resolved {
		claim := func(name, value string) error {
			if o, taken := owners[name]; taken && o.value != value && o.rule != r.Name {
				return fmt.Errorf("the rules %s and %s set %s to different values; leave one of them out with --skip", o.rule, r.Name, name)
			}
			owners[name] = owner{r.Name, value}
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(r.Env)) {
			if err := claim(name, r.Env[name]); err != nil {
				return err
			}
		}
		for _, name := range slices.Sorted(maps.Keys(r.Files)) {
			if err := claim(name, r.Files[name]); err != nil {
				return err
			}
			// A directory of ours goes with the file in it.
			if dir := path.Dir(name); ours(dir) {
				if err := claim(oursIn(dir), name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Rules lists the rules by name, as they are in force or off. They are the
// Rewriter's own and must not be changed.
func (rw *Rewriter) Rules() []*rules.Resolved { return rw.resolved }

// On tells whether any rule is in force.
func (rw *Rewriter) On() bool {
	for _, r := range rw.resolved {
		if r.On {
			return true
		}
	}
	return false
}

// A Result is what Rewrite made of a file.
type Result struct {
	Output    []byte
	Downloads []Download // as they are in Output
}

// Rewrite wraps every download of a Dockerfile that a rule in force knows. Where
// none is to be wrapped, the output is the input without earlier blocks.
func (rw *Rewriter) Rewrite(src []byte) (*Result, error) {
	for _, r := range rw.resolved {
		if r.On && r.Password() {
			return nil, fmt.Errorf("%s: %w", strings.Join(r.TurnOn(), ", "), rules.ErrPassword)
		}
	}
	clean, err := Restore(src)
	if err != nil {
		return nil, err
	}
	f, err := parse(clean)
	if err != nil {
		return nil, err
	}
	downloads, needs := rw.downloads(f)
	pairs := plan(f, needs)
	changed, err := changes(f, needs)
	if err != nil {
		return nil, err
	}
	out := clean
	if len(pairs)+len(changed) > 0 {
		insertions := deliver(f, pairs, changed)
		out = insert(clean, insertions)
		if err := rw.verify(f, insertions, out); err != nil {
			return nil, err
		}
	}
	for i := range downloads {
		if downloads[i].Status == Wrappable {
			downloads[i].Status = Proxied
		}
	}
	return &Result{Output: out, Downloads: downloads}, nil
}

// Restore takes every block out of a Dockerfile. Without blocks the output is
// the input, the same slice.
func Restore(src []byte) ([]byte, error) {
	if !marked(src) {
		return src, nil
	}
	f, err := parse(src)
	if err != nil {
		return nil, err
	}
	list, err := blocks(f)
	if err != nil {
		return nil, err
	}
	return without(src, list), nil
}

// Scan lists what a Dockerfile downloads, in order: one entry for each rule that
// an instruction needs. Their lines are those of the file without our blocks;
// their status is that of the file as it is.
func (rw *Rewriter) Scan(src []byte) ([]Download, error) {
	f, err := parse(src)
	if err != nil {
		return nil, err
	}
	list, err := blocks(f)
	if err != nil {
		return nil, err
	}
	clean := f
	if len(list) > 0 {
		if clean, err = parse(without(src, list)); err != nil {
			return nil, err
		}
	}
	downloads, needs := rw.downloads(clean)
	cover(f, list, downloads, needs)
	return downloads, nil
}

func parse(src []byte) (*dockerfile.File, error) {
	f, err := dockerfile.Parse(src)
	var e *dockerfile.Error
	if errors.As(err, &e) {
		return nil, &Error{e.Line, e.Message}
	}
	return f, err
}
