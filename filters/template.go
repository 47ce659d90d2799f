// Package filters is the template engine as the rule files see it: pongo2, reading
// templates that were written for Jinja, with the filter url_part and without
// anything that reads files, depends on the time or on chance, or runs long.
//
// In goes a template's text, from a rule:
//
//	{{ PIP_INDEX_URL | url_part('netloc') }}
//	{% if PIP_INDEX_URL|url_part:"scheme" == "http" %}…{% endif %}
//
// and the settings; out comes the text with them put in, nothing in it escaped. A
// filter takes its argument as in Jinja or as in pongo2. The tags are if, for, set,
// with, raw (or verbatim) and comment. Unlike in Jinja, "or" and "and" give true or
// false, not one of their sides.
//
// A name that is neither a setting nor defined in the template is an error, not
// empty. Every error has its position in the text as it was written.
//
// Nothing here is shared with another user of pongo2 in the same program: no filter
// or tag is registered, no switch is set.
package filters

import (
	"slices"
	"strings"

	"github.com/flosch/pongo2/v6"
)

// Template is one compiled template. It can be rendered any number of times, also
// at the same time.
type Template struct {
	name, text string
	compiled   *pongo2.Template
	marks      []mark
	settings   []word // what it reads, in the order of the text
}

// Parse compiles text. The name, which may be empty, stands in front of the errors,
// here and in Render; they are, or wrap, an *Error.
//
// An error is a syntax that is not pongo2's, a tag or a filter that is not allowed,
// a part of url_part that a URL does not have, or a text of more than 64 KiB.
func Parse(name, text string) (*Template, error) {
	if len(text) > maxTemplate {
		return nil, named(name, errorAt(text, 0, "the template is longer than %d bytes", maxTemplate))
	}
	// pongo2 takes this character for the end of the text.
	if at := strings.IndexByte(text, 1); at >= 0 {
		return nil, named(name, errorAt(text, at, "unexpected character %q", text[at]))
	}
	t := translation{text: text}
	t.output.WriteString(autoescapeOff)
	if err := t.translate(); err != nil {
		return nil, named(name, err)
	}
	t.output.WriteString(autoescapeEnd)
	compiled, err := compile(t.output.String())
	if err != nil {
		return nil, named(name, fromEngine(text, t.output.marks, err))
	}
	return &Template{name, text, compiled, t.output.marks, t.settings}, nil
}

// Render executes the template with the settings. A setting that the template reads
// and that is not there, even where it would not be reached, is an error that names
// it; one that is empty is not. So is what a filter refuses, such as a URL that is
// none, and a template that makes too much of little: 10000 turns of loops, or a
// named value of 65536 characters.
func (t *Template) Render(settings map[string]string) (string, error) {
	variables := make(pongo2.Context, len(t.settings)+3)
	for _, setting := range t.settings {
		value, ok := settings[setting.text]
		if !ok {
			return "", named(t.name, errorAt(t.text, setting.offset, "unknown setting %q", setting.text))
		}
		variables[setting.text] = value
	}
	r := rendering{text: t.text}
	err := r.run(t.compiled, variables)
	if r.failed != nil {
		return "", named(t.name, r.failed)
	}
	if err != nil {
		return "", named(t.name, fromEngine(t.text, t.marks, err))
	}
	return r.output.String(), nil
}

// Variables lists the names of the settings the template reads, sorted, without
// duplicates. What the template itself defines is not among them.
func (t *Template) Variables() []string {
	names := make([]string, len(t.settings))
	for i, setting := range t.settings {
		names[i] = setting.text
	}
	slices.Sort(names)
	return names
}
