package rules

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/moby/buildkit/util/suggest"

	"github.com/tplproxy/tplproxy/filters"
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

// A Resolved rule is one as it is in force, or off.
type Resolved struct {
	*Rule
	On    bool
	Off   string            // why it is not in force
	URL   string            // its setting's value, where it is in force
	Env   map[string]string // rendered; nothing that renders to nothing
	Files map[string]string // rendered, with a newline at the end

	password bool
}

// Resolve checks the settings and renders every rule whose setting is there,
// in the order of their names. The errors, joined, are all that is wrong: an
// unknown setting, one that is no URL, a template that fails.
func (s *Set) Resolve(settings Settings) ([]*Resolved, error) {
	var errs []error
	known := s.Settings()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("%s%w", from(settings[name]), Unknown("setting", name, known)))
			continue
		}
		if err := s.checkSetting(name, settings[name]); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	values := map[string]string{}
	for _, name := range known {
		values[name] = settings[name].Value
		if values[name] == "" {
			values[name] = s.Default(name)
		}
	}
	values[ProxyHosts] = proxyHosts(values)
	var list []*Resolved
	for _, r := range s.Rules() {
		resolved, err := r.resolve(values)
		if err != nil {
			errs = append(errs, err)
		}
		list = append(list, resolved)
	}
	return list, errors.Join(errs...)
}

func (r *Rule) resolve(values map[string]string) (*Resolved, error) {
	v := values[r.Setting]
	out := &Resolved{Rule: r}
	switch {
	case v == "":
		out.Off = r.Setting + " is not set"
		return out, nil
	case r.Upstreamed(v):
		out.Off = r.Setting + " is the upstream itself"
		return out, nil
	}
	out.On, out.URL = true, v
	for _, name := range append(slices.Collect(maps.Keys(r.Defaults)), r.Setting) {
		u, err := url.Parse(values[name])
		out.password = out.password || err == nil && u.User != nil
	}
	out.Env, out.Files = map[string]string{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(r.Env)) {
		text, err := r.render(r.Env[name].Value, values)
		if err != nil {
			return nil, err
		}
		if text = strings.TrimSpace(text); text != "" {
			if bad := strings.IndexFunc(text, unquotable); bad >= 0 {
				return nil, fmt.Errorf("%s: env: %s would hold %q, which not every builder reads alike", r.source, name, []rune(text[bad:])[0])
			}
			out.Env[name] = text
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		text, err := r.render(r.Files[name].Content, values)
		if err != nil {
			return nil, err
		}
		if bad := strings.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7f }); bad >= 0 {
			return nil, fmt.Errorf("%s: files: %s would hold %q", r.source, name, []rune(text[bad:])[0])
		}
		if strings.TrimSpace(text) != "" {
			out.Files[name] = strings.TrimRight(text, "\n") + "\n"
		}
	}
	return out, nil
}

func (r *Rule) render(t Text, values map[string]string) (string, error) {
	text, err := t.template.Render(values)
	if err == nil {
		return text, nil
	}
	var fe *filters.Error
	if errors.As(err, &fe) {
		return "", fmt.Errorf("%s:%w", r.source, t.at(fe))
	}
	return "", fmt.Errorf("%s: %w", r.source, err)
}

// proxyHosts lists this machine's names and the hosts of all settings that are
// URLs.
func proxyHosts(values map[string]string) string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, v := range values {
		if u, err := url.Parse(v); err == nil && u.Hostname() != "" {
			hosts = append(hosts, u.Hostname())
		}
	}
	slices.Sort(hosts)
	return strings.Join(slices.Compact(hosts), ",")
}

func (s *Set) checkSetting(name string, setting Setting) error {
	v := setting.Value
	if v == "" || v == s.Default(name) {
		return nil
	}
	wrong := ""
	u, err := url.Parse(v)
	switch bad := strings.IndexFunc(v, notInURL); {
	case strings.Contains(v, "{{") || strings.Contains(v, "{%"):
		return fmt.Errorf("%s%s is a template; pass the rendered value: --set %s=\"$(tutor config printvalue %s)\"", from(setting), name, name, name)
	case bad >= 0:
		wrong = fmt.Sprintf("holds %q, which a shell or a Dockerfile could take for something else", []rune(v[bad:])[0])
	case err != nil:
		wrong = "is no URL"
		var ue *url.Error
		if errors.As(err, &ue) && maskSetting(v) == v {
			wrong += ": " + ue.Err.Error() // it could repeat a password
		}
	case u.Scheme != "http" && u.Scheme != "https":
		wrong = "does not begin with http:// or https://"
	case u.Hostname() == "":
		wrong = "names no host"
	case u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(v, "?#"):
		wrong = "has a query or a fragment, which a base URL cannot have"
	case strings.HasSuffix(u.Host, ":"):
		wrong = "has a colon without a port"
	}
	if wrong == "" {
		return nil
	}
	if d := s.Default(name); d != "" {
		wrong += " (" + d + " is allowed, too)"
	}
	return fmt.Errorf("%s%s=%s %s", from(setting), name, maskSetting(v), wrong)
}

// from says where a setting came from, where that is known.
func from(s Setting) string {
	if s.Source == "" {
		return ""
	}
	return s.Source + ": "
}

// maskSetting hides what may be a user name and a password in a value that is
// no URL: all before the last @, but for the scheme. What a terminal would
// obey is written out.
func maskSetting(v string) string {
	if at := strings.LastIndexByte(v, '@'); at >= 0 {
		scheme, _, found := strings.Cut(v[:at], "://")
		if v = "***" + v[at:]; found {
			v = scheme + "://" + v
		}
	} else if scheme, rest, found := strings.Cut(v, "://"); found {
		// A port that is none may be a password whose @ was forgotten.
		host, port, _ := strings.Cut(rest, ":")
		port, _, _ = strings.Cut(port, "/")
		if strings.Trim(port, "0123456789") != "" && !strings.ContainsAny(host, "/[") {
			v = scheme + "://" + host + ":***"
		}
	}
	if before, _, found := strings.Cut(v, "?"); found {
		v = before + "?***"
	}
	if strings.ContainsFunc(v, unicode.IsControl) {
		v = strconv.Quote(v)
	}
	return v
}

// notInURL tells which characters a URL setting must not hold: it ends up in a
// Dockerfile and in a shell.
func notInURL(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("'\"\\`$", r)
}

// Password tells whether one of the URLs that the rule is rendered with holds a
// user name or a password.
func (r *Resolved) Password() bool { return r.password }

// Local lists the hosts of the rules in force that are loopback addresses:
// a build reaches them only with the host's network.
func Local(resolved []*Resolved) []string {
	var hosts []string
	for _, r := range resolved {
		if u, err := url.Parse(r.URL); err == nil && r.On && Loopback(u.Hostname()) {
			hosts = append(hosts, u.Hostname())
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// Loopback tells whether a host is this machine.
func Loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// Mask hides the user name and password in every URL of a text, with a scheme
// or without.
func Mask(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	return maskBare(maskURLs(text))
}

// maskBare hides what stands before an @ with a colon in it: user:password@host,
// but not an image's tag before its digest, nor npm's alias before a version.
func maskBare(text string) string {
	var b strings.Builder
	for {
		at := strings.IndexByte(text, '@')
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		start := 1 + strings.LastIndexFunc(text[:at], func(r rune) bool { return r <= ' ' || strings.ContainsRune("'\"`<>=,/", r) })
		word := text[start:at]
		if strings.Contains(word, ":") && !strings.HasSuffix(word, ":") && !strings.HasPrefix(word, "mailto:") && hostFollows(text[at+1:]) {
			b.WriteString(text[:start] + "***@")
		} else {
			b.WriteString(text[:at+1])
		}
		text = text[at+1:]
	}
}

// hostFollows tells whether a text begins with what could be a host: a name with
// a dot in it, or one with a port or a path behind it.
func hostFollows(text string) bool {
	end := strings.IndexFunc(text, func(r rune) bool {
		return !(r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
	})
	rest := ""
	if end >= 0 {
		text, rest = text[:end], text[end:]
	}
	switch {
	case text == "" || strings.HasPrefix(rest, ":") && strings.HasPrefix(text, "sha"):
		return false
	case strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "/"):
		return true
	}
	return strings.Contains(text, ".") && strings.ContainsFunc(text, unicode.IsLetter)
}

// maskURLs hides what stands before an @ in what begins with a scheme.
func maskURLs(text string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, "://")
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		i += len("://")
		b.WriteString(text[:i])
		text = text[i:]
		end := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' })
		if end < 0 {
			end = len(text)
		}
		// An @ in the path is none of a password, but behind what cannot be a
		// host and its port.
		if slash := strings.IndexByte(text[:end], '/'); slash >= 0 {
			if _, port, found := strings.Cut(text[:slash], ":"); !found || strings.Trim(port, "0123456789") == "" || strings.HasPrefix(text, "[") {
				end = slash
			}
		}
		// Everybody is git at a host of git repositories.
		ssh := strings.HasSuffix(b.String(), "ssh://") && strings.HasPrefix(text, "git@")
		if at := strings.LastIndexByte(text[:end], '@'); at >= 0 && !ssh {
			b.WriteString("***")
			text = text[at:]
		}
	}
}

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
