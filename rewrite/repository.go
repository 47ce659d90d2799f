package rewrite

import (
	"net/url"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
)

// repository looks at the argument that may name a git repository, as git's
// commands take it: a URL, or the name of a remote. Without one git asks the
// remote that the work tree has, which nobody sees in the Dockerfile.
func (m *call) repository(args []shell.Word) (ok, sure bool) {
	if len(args) == 0 {
		return m.pattern.argument == "REMOTE", true
	}
	named := args[0]
	for _, o := range m.options {
		if o.name == "--repo" && o.given {
			named = o.value
		}
	}
	switch {
	case unresolvedStart(named):
		m.unresolved = named.Text
		return true, false
	case localPath(named.Text):
		return false, false
	}
	if scheme, _, found := strings.Cut(named.Text, "://"); found {
		m.remote(scheme, named)
	} else if scpLike(named.Text) {
		m.foreign = named.Text + " is asked by ssh"
	} else if m.pattern.argument == "REPOSITORY" {
		return false, false // a local path, too
	}
	return true, true
}

// remote notes the host of a repository's URL, or that no mirror serves its
// scheme.
func (m *call) remote(scheme string, word shell.Word) {
	text := strings.TrimPrefix(word.Text, "git+")
	host, known := urlHost(shell.Word{Text: text, Holes: word.Holes})
	switch scheme = strings.TrimPrefix(strings.ToLower(scheme), "git+"); {
	case scheme != "https":
		m.foreign = word.Text + " is asked by " + scheme + ", not by https"
	case !known:
		m.unresolved = word.Text
		return
	case strings.Contains(authority(text), "@"):
		m.foreign = word.Text + " names a user, whom the mirror does not know"
	case authority(text) != host:
		m.foreign = word.Text + " writes its host otherwise than the mirror's setting does, with a port or capitals"
	}
	if u, err := url.Parse(text); err == nil && host == "" {
		host = u.Hostname()
	}
	if host != "" {
		m.hosts = append(m.hosts, host)
	}
}

// authority gives what stands between a URL's scheme and its path.
func authority(text string) string {
	_, rest, _ := strings.Cut(text, "://")
	return beforePath(rest)
}

// beforePath gives what stands before a URL's path, query and fragment, in a URL
// without its scheme.
func beforePath(rest string) string {
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return rest[:i]
	}
	return rest
}

// unresolvedStart tells whether a word cannot be resolved where a URL has its
// scheme.
func unresolvedStart(w shell.Word) bool {
	scheme, _, _ := strings.Cut(w.Text, "://")
	return w.Holes && strings.Contains(scheme, "$")
}

// localPath tells whether git takes a text for a path of this machine's.
func localPath(text string) bool {
	return strings.HasPrefix(text, "/") || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "~") || strings.HasPrefix(text, "file://")
}

// scpLike tells whether git takes a text for USER@HOST:PATH.
func scpLike(text string) bool {
	host, _, found := strings.Cut(text, ":")
	return found && !strings.Contains(host, "/")
}
