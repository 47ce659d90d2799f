package rewrite

import (
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// requirements looks for git repositories among the requirements of a package
// manager: git+https://…, NAME @ git+https://…, and where it is asked for those
// that npm takes for one.
func (m *call) requirements(short bool) (ok, sure bool) {
	words := slices.Clone(m.args)
	for _, o := range m.options {
		if o.given {
			words = append(words, o.value)
		}
	}
	for _, w := range words {
		i := strings.Index(w.Text, "git+")
		if i < 0 || i > 0 && !strings.ContainsRune(" @=", rune(w.Text[i-1])) {
			continue
		}
		text := w.Text[i:]
		scheme, _, found := strings.Cut(text, "://")
		if !found || scheme == "git+file" {
			continue
		}
		ok = true
		m.remote(scheme, shell.Word{Text: text, Holes: w.Holes})
	}
	if !short {
		return ok, ok
	}
	for _, w := range m.named() {
		text := requirement(w.Text)
		scheme, _, found := strings.Cut(text, "://")
		host := hosted(text)
		switch {
		case found && (host != "" || scheme == "git" || scheme == "ssh"):
			m.remote(scheme, shell.Word{Text: text, Holes: w.Holes})
		case host != "":
			m.hosts = append(m.hosts, host)
		case strings.HasPrefix(text, "git@") && scpLike(text):
			m.foreign = text + " is asked by ssh"
		default:
			continue
		}
		ok = true
	}
	return ok, ok
}

// named lists what a command is given to download: its arguments, and the values
// of those options that name it.
func (m *call) named() []shell.Word {
	words := slices.Clone(m.args)
	for _, o := range m.options {
		if m.lists[o.name] && o.given {
			words = append(words, o.value)
		}
	}
	return words
}

// requirement is what a package is to come from, without the name that may stand
// before it: NAME@…, NAME @ ….
func requirement(text string) string {
	scoped := strings.HasPrefix(text, "@")
	name, rest, found := strings.Cut(strings.TrimPrefix(text, "@"), "@")
	if !found || name == "" || strings.Contains(name, ":") || strings.Contains(name, "/") && !scoped || name == "git" && !scoped {
		return text
	}
	return strings.TrimLeft(rest, " ")
}

// npmHosts are those whose repositories npm knows, by the word that stands for one.
var npmHosts = map[string]string{"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "gist": "gist.github.com"}

// hosted gives the host of what npm takes for a repository there: owner/name,
// github:owner/name, and the repository's own URL. Run with the npm-package-arg
// of npm 11.19.
func hosted(text string) string {
	if word, rest, found := strings.Cut(text, ":"); found && npmHosts[word] != "" && rest != "" {
		return npmHosts[word]
	}
	if scheme, rest, found := strings.Cut(text, "://"); found {
		if scheme = strings.ToLower(scheme); scheme != "https" && scheme != "http" {
			return ""
		}
		path, _, _ := strings.Cut(rest, "#")
		authority, path, _ := strings.Cut(path, "/")
		host := strings.TrimPrefix(strings.ToLower(hostIn(authority)), "www.")
		parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
		switch host {
		case "github.com":
			if len(parts) == 2 || len(parts) > 2 && parts[2] == "tree" {
				return host
			}
		case "bitbucket.org":
			if len(parts) == 2 || len(parts) > 2 && parts[2] != "get" {
				return host
			}
		case "gist.github.com":
			if len(parts) == 2 || len(parts) == 1 && parts[0] != "" {
				return host
			}
		case "gitlab.com":
			if len(parts) >= 2 && !slices.Contains(parts, "-") && !slices.Contains(parts, "repository") {
				return host
			}
		}
		return ""
	}
	owner, name, found := strings.Cut(text, "/")
	if strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tar") {
		return "" // a file, where there is one
	}
	if !found || owner == "" || name == "" || strings.Contains(name, "/") || strings.Contains(text, "$") ||
		strings.Trim(owner, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return ""
	}
	return "github.com"
}

// fromURLs lists the hosts of the http and https URLs that a command is given to
// download, other than the proxy's; unresolved is one whose host is not known. With archives alone, what npm takes for a repository is none.
func (m *call) fromURLs(archives bool) (hosts []string, unresolved string) {
	if !slices.ContainsFunc(m.command.Words, func(w shell.Word) bool { return strings.Contains(w.Text, "://") }) {
		return nil, ""
	}
	for _, w := range m.named() {
		text := requirement(w.Text)
		scheme, _, found := strings.Cut(text, "://")
		if scheme = strings.ToLower(scheme); !found || scheme != "https" && scheme != "http" {
			continue
		}
		if archives && hosted(text) != "" {
			continue
		}
		switch host, known := urlHost(shell.Word{Text: text, Holes: w.Holes}); {
		case !known:
			unresolved = w.Text
		case host != "" && !rules.Loopback(host) && !slices.Contains(hosts, host) && (m.rule.URL == "" || authority(text) != authority(m.rule.URL)):
			hosts = append(hosts, host)
		}
	}
	return hosts, unresolved
}
