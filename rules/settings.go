package rules

import (
	"cmp"
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
	On         bool
	Off        string               // why it is not in force
	URL        string               // the value of Setting, where that turns the rule on
	Env        map[string]string    // rendered; nothing that renders to nothing
	Files      map[string]string    // rendered, with a newline at the end
	Arguments  map[string]string    // rendered, by program
	References map[string]Reference // by kind; all kinds of the rule
	Before     string               // the script before an instruction, rendered
	After      string               // the one behind it
	Besides    map[string]Besides   // without those that a setting changes
	Fix        string               // what turns a rule on that is off: "set X or Y"

	OnlyFor []string // the only hosts that it is for; nil for all

	hosts    []string // of the URLs that the rule is rendered with
	password bool
}

// A Reference is what is known of one kind of reference.
type Reference struct {
	To    map[string]string // rendered; nothing that renders to nothing
	Hosts []string          // the only hosts that it is for; nil for all
	Off   string            // why nothing is replaced, where To is empty

	// Of is the setting that lists the hosts, or more of To; "" without one.
	Of string
}

// Has tells whether a text begins with what is put in the place of others.
func (r Reference) Has(text string) bool {
	for _, to := range r.To {
		if strings.HasPrefix(text, to) {
			return true
		}
	}
	return false
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
	values, err := s.values(known, settings)
	if err != nil {
		return nil, err
	}
	var list []*Resolved
	for _, r := range s.Rules() {
		resolved, err := s.resolve(r, values)
		if err != nil {
			errs = append(errs, err)
		}
		list = append(list, resolved)
	}
	return list, errors.Join(errs...)
}

// values gives every known setting's value, as the templates see it. A default
// that reads other settings sees those that were given, or their own defaults.
func (s *Set) values(known []string, settings Settings) (map[string]string, error) {
	values := map[string]string{}
	var derived []string
	for _, name := range known {
		d := s.declared[name]
		given, ok := settings[name]
		values[name] = given.Value
		if given.Value == "" && len(d.Default.reads) == 0 {
			values[name] = d.Default.String()
		}
		if !ok && len(d.Default.reads) > 0 {
			derived = append(derived, name)
		}
		switch d.Kind {
		case Base:
			values[name] = strings.TrimRight(values[name], "/")
		case Hosts:
			values[name] = strings.Join(list(values[name]), ",")
		}
	}
	for _, name := range derived {
		text, err := s.declared[name].Default.render(values)
		if err != nil {
			return nil, fmt.Errorf("settings: %s: %w", name, err)
		}
		values[name] = strings.TrimSpace(text)
	}
	values[ProxyHosts] = proxyHosts(values)
	return values, nil
}

func (s *Set) resolve(r *Rule, values map[string]string) (*Resolved, error) {
	out := &Resolved{Rule: r, References: map[string]Reference{}}
	for _, name := range r.TurnOn() {
		upstream := name == r.Setting && r.Upstreamed(values[name])
		out.On = out.On || values[name] != "" && !upstream
	}
	if out.On && !r.Upstreamed(values[r.Setting]) {
		out.URL = values[r.Setting]
	}
	out.Besides = maps.Clone(r.Besides)
	maps.DeleteFunc(out.Besides, func(_ string, b Besides) bool { return b.Unless != "" && values[b.Unless] != "" })
	if r.Only != "" {
		out.OnlyFor = list(values[r.Only])
	}
	out.Off, out.Fix = off(r.TurnOn()), "set "+strings.Join(s.turningOn(r), " or ")
	if r.Upstreamed(values[r.Setting]) {
		out.Off = r.Setting + " is the upstream itself"
	}
	for kind, refs := range r.References {
		ref, err := s.reference(r, refs, values)
		if err != nil {
			return nil, err
		}
		out.References[kind] = ref
	}
	if !out.On {
		return out, nil
	}
	out.Off = ""
	for _, name := range r.Reads() {
		for _, u := range urls(s.declared[name].Kind, values[name]) {
			out.password = out.password || u.User != nil
			out.hosts = append(out.hosts, u.Hostname())
		}
	}
	return out, r.renderAll(out, values)
}

// turningOn lists the settings that would turn a rule on, those that the default
// of another is made of included.
func (s *Set) turningOn(r *Rule) []string {
	names := r.TurnOn()
	for _, name := range r.TurnOn() {
		for _, read := range s.declared[name].Default.reads {
			if !slices.Contains(names, read) {
				names = append(names, read)
			}
		}
	}
	return names
}

// off says that none of the settings is there.
func off(settings []string) string {
	switch len(settings) {
	case 0:
		return ""
	case 1:
		return settings[0] + " is not set"
	}
	return "neither " + strings.Join(settings, " nor ") + " is set"
}

// reference renders one kind of references.
func (s *Set) reference(r *Rule, refs References, values map[string]string) (Reference, error) {
	out := Reference{To: map[string]string{}, Of: cmp.Or(refs.Only, refs.Mirrors)}
	var reads []string
	for _, from := range slices.Sorted(maps.Keys(refs.To)) {
		text, err := r.render(refs.To[from], values)
		if err != nil {
			return out, err
		}
		if text = strings.TrimSpace(text); text != "" {
			out.To[from] = text
		}
		reads = append(reads, refs.To[from].reads...)
	}
	for name, u := range mirrors(values[refs.Mirrors]) {
		out.To[name] = u.Host + strings.TrimRight(u.Path, "/")
	}
	for name, to := range out.To {
		if strings.Trim(to, plain) != "" {
			return out, fmt.Errorf("%s: references: %q would stand in an instruction, where %q could be taken for something else", r.source, to, strings.Trim(to, plain)[:1])
		}
		if strings.TrimRight(to, "/") == strings.TrimRight(name, "/") {
			delete(out.To, name) // the upstream itself
		}
	}
	if refs.Only != "" {
		out.Hosts = list(values[refs.Only])
	}
	if len(out.To) == 0 {
		if refs.Mirrors != "" {
			reads = append(reads, refs.Mirrors)
		}
		slices.Sort(reads)
		out.Off = off(slices.Compact(reads))
	}
	return out, nil
}

// plain are the characters that no shell and no Dockerfile takes for anything
// else, wherever they stand.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:/%@+,=-"

// renderAll renders what the rule sets, writes and puts into commands.
func (r *Rule) renderAll(out *Resolved, values map[string]string) error {
	out.Env, out.Files, out.Arguments = map[string]string{}, map[string]string{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(r.Env)) {
		text, err := r.render(r.Env[name].Value, values)
		if err != nil {
			return err
		}
		if text = strings.TrimSpace(text); text != "" {
			if bad := strings.IndexFunc(text, unquotable); bad >= 0 {
				return fmt.Errorf("%s: env: %s would hold %q, which not every builder reads alike", r.source, name, []rune(text[bad:])[0])
			}
			out.Env[name] = text
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		text, err := r.render(r.Files[name].Content, values)
		if err != nil {
			return err
		}
		if bad := strings.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7f }); bad >= 0 {
			return fmt.Errorf("%s: files: %s would hold %q", r.source, name, []rune(text[bad:])[0])
		}
		if strings.TrimSpace(text) != "" {
			out.Files[name] = strings.TrimRight(text, "\n") + "\n"
		}
	}
	for script, text := range map[*string]Text{&out.Before: r.Scripts.Before, &out.After: r.Scripts.After} {
		if !text.there() {
			continue
		}
		rendered, err := r.render(text, values)
		if err != nil {
			return err
		}
		*script = strings.TrimSpace(rendered)
	}
	for _, programs := range slices.Sorted(maps.Keys(r.Arguments)) {
		text, err := r.render(r.Arguments[programs], values)
		if err != nil {
			return err
		}
		text = strings.Join(strings.Fields(text), " ")
		if bad := strings.Trim(text, plain+" "); bad != "" {
			return fmt.Errorf("%s: arguments: %q would stand in a command, where a shell could take %q for something else", r.source, text, bad[:1])
		}
		for program := range strings.SplitSeq(programs, "|") {
			if text != "" {
				out.Arguments[program] = text
			}
		}
	}
	return nil
}

func (r *Rule) render(t Text, values map[string]string) (string, error) {
	text, err := t.render(values)
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

func (s *Set) checkSetting(name string, setting Setting) error {
	d := s.declared[name]
	v := setting.Value
	if v == "" || v == d.Default.String() {
		return nil
	}
	if strings.Contains(v, "{{") || strings.Contains(v, "{%") {
		return fmt.Errorf("%s%s is a template; pass the rendered value: --set %s=\"$(tutor config printvalue %s)\"", from(setting), name, name, name)
	}
	wrong := ""
	switch d.Kind {
	case Hosts:
		for _, host := range list(v) {
			if strings.Trim(host, hostChars) != "" {
				wrong = fmt.Sprintf("holds %q, which is no host name; they stand with commas between", host)
			}
		}
	case Mirrors:
		for _, e := range list(v) {
			host, u, found := strings.Cut(e, "=")
			if !found || host == "" || strings.Trim(host, hostChars) != "" {
				wrong = fmt.Sprintf("holds %q, which is no HOST=URL; they stand with commas between", maskSetting(e))
			} else if w := wrongURL(u); w != "" {
				wrong = "for " + host + " " + w
			}
		}
	case Base:
		wrong = wrongURL(v)
		if bad := strings.Trim(v, plain); wrong == "" && bad != "" {
			wrong = fmt.Sprintf("holds %q, which a command or an instruction could take for something else", []rune(bad)[0])
		}
	default:
		wrong = wrongURL(v)
	}
	if wrong == "" {
		return nil
	}
	if text := d.Default.String(); text != "" && len(d.Default.reads) == 0 && d.Kind != Hosts {
		wrong += " (" + text + " is allowed, too)"
	}
	return fmt.Errorf("%s%s=%s %s", from(setting), name, maskSetting(v), wrong)
}

const hostChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:"

// wrongURL says what is wrong with a URL, or nothing.
func wrongURL(v string) string {
	u, err := url.Parse(v)
	bad := strings.IndexFunc(v, notInURL)
	switch {
	case bad >= 0:
		return fmt.Sprintf("holds %q, which a shell or a Dockerfile could take for something else", []rune(v[bad:])[0])
	case err != nil:
		var ue *url.Error
		if errors.As(err, &ue) && maskSetting(v) == v {
			return "is no URL: " + ue.Err.Error() // it could repeat a password
		}
		return "is no URL"
	case u.Scheme != "http" && u.Scheme != "https":
		return "does not begin with http:// or https://"
	case u.Hostname() == "":
		return "names no host"
	case u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(v, "?#"):
		return "has a query or a fragment, which a base URL cannot have"
	case strings.HasSuffix(u.Host, ":"):
		return "has a colon without a port"
	}
	return ""
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
// a build reaches them only with the host's network. Rules that are about
// instructions alone are not among them: what FROM, COPY and ADD fetch the
// builder fetches itself.
func Local(resolved []*Resolved) []string {
	var hosts []string
	for _, r := range resolved {
		for _, host := range r.hosts {
			if r.On && len(r.Commands) > 0 && Loopback(host) {
				hosts = append(hosts, host)
			}
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
