package filters

import (
	"slices"
	"strings"
)

// What a template may use is listed, not what it may not: pongo2's tags and filters
// are registered for the whole process, so that any package linked into the same
// program could add one that reads files.
//
// Left out on purpose are
//   - include, ssi, import, extends: they read files
//   - now, lorem, random: two renderings would differ
//   - cycle, ifchanged: they remember the rendering before
//   - macro: it can call itself without end, filter: it goes round a ban of filters
//   - center, ljust, rjust, floatformat, stringformat: they build a text of any length
//   - removetags, wordwrap: they panic on arguments that look harmless
//   - what is there for HTML or for dates

// allowedTags are the tags that may open, each with the one that closes it, or "".
var allowedTags = map[string]string{
	"comment":  "endcomment",
	"for":      "endfor",
	"if":       "endif",
	"raw":      "endraw", // Jinja's name for verbatim
	"set":      "",
	"verbatim": "endverbatim",
	"with":     "endwith",
}

// allowedFilters are the filters that may be used.
var allowedFilters = map[string]bool{
	"add": true, "addslashes": true, "capfirst": true, "cut": true, "default": true,
	"default_if_none": true, "divisibleby": true, "first": true, "float": true,
	"get_digit": true, "integer": true, "iriencode": true, "join": true, "last": true,
	"length": true, "length_is": true, "lower": true, "make_list": true,
	"pluralize": true, "safe": true, "slice": true, "split": true, "title": true,
	"truncatechars": true, "truncatewords": true, "upper": true, "url_part": true,
	"urlencode": true, "wordcount": true, "yesno": true,
}

// list gives the keys of a set, sorted, for a message.
func list[V any](set map[string]V) string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
