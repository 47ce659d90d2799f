package rules

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

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
	case Images:
		for _, image := range list(v) {
			if strings.Trim(image, plain+"*") != "" {
				wrong = fmt.Sprintf("holds %q, which is no name of an image; they stand with commas between", image)
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
		if bad := strings.Trim(v, basePlain); wrong == "" && bad != "" {
			wrong = fmt.Sprintf("holds %q, which a command or an instruction could take for something else", []rune(bad)[0])
		}
	default:
		wrong = wrongURL(v)
	}
	if wrong == "" {
		return nil
	}
	if text := d.Default.String(); text != "" && len(d.Default.reads) == 0 && d.Kind != Hosts && d.Kind != Images {
		wrong += " (" + text + " is allowed, too)"
	}
	return fmt.Errorf("%s%s=%s %s", from(setting), name, maskSetting(v), wrong)
}

// basePlain leaves out what would end the name of a git setting.
var basePlain = strings.ReplaceAll(plain, "=", "")

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

// notInURL tells which characters a URL setting must not hold: it ends up in a
// Dockerfile and in a shell.
func notInURL(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("'\"\\`$", r)
}
