package rules

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

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

// Mask hides the user name and password in every URL of a text, with a scheme
// or without.
func Mask(text string) string {
	text = maskHeader(maskQuery(text))
	if !strings.Contains(text, "@") {
		return text
	}
	return maskBare(maskURLs(text))
}

// maskHeader hides what an Authorization header says.
func maskHeader(text string) string {
	const name = "authorization:"
	if indexFold(text, name) < 0 {
		return text
	}
	var b strings.Builder
	for {
		at := indexFold(text, name)
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		at += len(name)
		end := strings.IndexAny(text[at:], "'\"\r\n")
		if end < 0 {
			end = len(text) - at
		}
		b.WriteString(text[:at])
		if strings.TrimSpace(text[at:at+end]) != "" {
			b.WriteString(" ***")
		}
		text = text[at+end:]
	}
}

// indexFold is strings.Index for a lower-case ASCII text, whatever the case it is
// written in.
func indexFold(text, lower string) int {
	for i := 0; i+len(lower) <= len(text); i++ {
		if text[i]|0x20 == lower[0] && strings.EqualFold(text[i:i+len(lower)], lower) {
			return i
		}
	}
	return -1
}

// maskQuery hides the values in a URL's query that are secrets by their names.
func maskQuery(text string) string {
	if !strings.Contains(text, "=") || !strings.ContainsAny(text, "?&") {
		return text
	}
	var b strings.Builder
	for {
		at := strings.IndexAny(text, "?&")
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at+1])
		text = text[at+1:]
		end := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || strings.ContainsRune("?&#'\"`<>|;)", r) })
		if end < 0 {
			end = len(text)
		}
		if name, value, found := strings.Cut(text[:end], "="); found && value != "" && secretName(name) {
			b.WriteString(name + "=***")
			text = text[end:]
		}
	}
}

func secretName(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"token", "key", "secret", "password", "passwd", "pwd", "signature", "sig", "auth", "credential"}, func(part string) bool {
		return strings.Contains(name, part)
	})
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
