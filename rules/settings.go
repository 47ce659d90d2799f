package rules

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// A Setting is a value that the user gave, and where: "config.yml:12",
// "the environment variable TPLPROXY_PIP_INDEX_URL", "--set".
type Setting struct {
	Value  string
	Source string
}

// Settings are the user's settings by name.
type Settings map[string]Setting

// ErrPassword is what a setting with a user name or password in its URL is
// refused with where it would become readable in the image's history.
var ErrPassword = errors.New("the URL holds a user name or a password, which everybody could read in the image's history")

// list gives the entries of a setting with commas between.
func list(value string) []string {
	var entries []string
	for e := range strings.SplitSeq(value, ",") {
		if e = strings.TrimSpace(e); e != "" {
			entries = append(entries, e)
		}
	}
	return entries
}

// mirrors reads a setting of that kind, which was checked.
func mirrors(value string) map[string]*url.URL {
	all := map[string]*url.URL{}
	for _, e := range list(value) {
		name, text, _ := strings.Cut(e, "=")
		if u, err := url.Parse(text); err == nil {
			all[name] = u
		}
	}
	return all
}

// urls lists the URLs that a setting holds.
func urls(kind Kind, value string) []*url.URL {
	if kind == Mirrors {
		return slices.Collect(maps.Values(mirrors(value)))
	}
	if u, err := url.Parse(value); err == nil && u.Host != "" {
		return []*url.URL{u}
	}
	return nil
}
