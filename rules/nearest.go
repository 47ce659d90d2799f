package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/util/suggest"
)

// Unknown is the error for a name that is not there.
func Unknown(kind, name string, names []string) error {
	if near := Nearest(name, names); near != "" {
		return fmt.Errorf("there is no %s %s; did you mean %s?", kind, name, near)
	}
	return fmt.Errorf("there is no %s %s; there are %s", kind, name, strings.Join(names, ", "))
}

// Nearest gives the name that is most like the given one, or "" where none is
// like it.
func Nearest(name string, names []string) string {
	near, _ := suggest.Search(name, names, false)
	if near == "" {
		near = name // the same but for its case
	}
	if i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(n, near) }); i >= 0 {
		return names[i]
	}
	return ""
}
