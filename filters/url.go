package filters

import (
	"fmt"
	"slices"
	"strings"
)

// urlParts are the names that url_part knows, in the order of a URL.
var urlParts = [...]string{
	"scheme", "netloc", "hostname", "port", "username", "password",
	"path", "params", "query", "fragment",
}

// URLPart gives what Python's urllib.parse.urlparse (3.11) gives for rawURL's
// part: scheme, netloc, hostname, port, username, password, path, params, query
// or fragment. Where Python gives None, it gives "".
//
// Another part is an error that lists these. So is a URL for which Python raises
// ValueError: brackets that hold no IPv6 address, a host that holds a delimiter
// once it is normalized, and, for the port alone, one that is no number from 0 to
// 65535. No error repeats the URL, which may hold a password.
func URLPart(rawURL, part string) (string, error) {
	if err := checkPart(part); err != nil {
		return "", err
	}
	url, err := parseURL(rawURL)
	if err != nil {
		return "", err
	}
	switch part {
	case "scheme":
		return url.scheme, nil
	case "netloc":
		return string(url.netloc), nil
	case "hostname":
		return url.netloc.hostname(), nil
	case "port":
		return url.netloc.port()
	case "username":
		name, _ := url.netloc.user()
		return name, nil
	case "password":
		_, password := url.netloc.user()
		return password, nil
	case "path":
		return url.path, nil
	case "params":
		return url.params, nil
	case "query":
		return url.query, nil
	default:
		return url.fragment, nil
	}
}

// checkPart gives an error that lists the parts if part is none of them.
func checkPart(part string) error {
	if slices.Contains(urlParts[:], part) {
		return nil
	}
	return fmt.Errorf("a URL has no part %q; it has %s", part, strings.Join(urlParts[:], ", "))
}

// parsedURL is a URL in the six pieces of Python's urlparse.
type parsedURL struct {
	scheme                        string
	netloc                        netloc
	path, params, query, fragment string
}

// lineBreaks and tabs are removed wherever they stand in a URL.
var lineBreaks = strings.NewReplacer("\t", "", "\r", "", "\n", "")

// parseURL is Python's urlparse. It does not use net/url, which refuses and
// unescapes what Python lets through as it is.
func parseURL(raw string) (parsedURL, error) {
	var url parsedURL
	rest := strings.TrimLeftFunc(raw, func(r rune) bool { return r <= ' ' })
	rest = lineBreaks.Replace(rest)

	url.scheme, rest = cutScheme(rest)
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		end := strings.IndexAny(after, "/?#")
		if end < 0 {
			end = len(after)
		}
		url.netloc, rest = netloc(after[:end]), after[end:]
		if err := url.netloc.check(); err != nil {
			return parsedURL{}, err
		}
	}
	rest, url.fragment, _ = strings.Cut(rest, "#")
	rest, url.query, _ = strings.Cut(rest, "?")
	url.path, url.params = cutParams(url.scheme, rest)
	return url, nil
}

// cutScheme takes the scheme, lower-cased, off a URL. A URL without one is
// returned whole.
func cutScheme(url string) (scheme, rest string) {
	scheme, rest, found := strings.Cut(url, ":")
	if !found || scheme == "" || !isLetter(scheme[0]) {
		return "", url
	}
	for i := range len(scheme) {
		if c := scheme[i]; !isLetter(c) && !isDigit(c) && !strings.ContainsRune("+-.", rune(c)) {
			return "", url
		}
	}
	return strings.ToLower(scheme), rest
}

// cutParams takes the params off the last segment of a path, for the schemes
// whose params Python knows.
func cutParams(scheme, path string) (rest, params string) {
	switch scheme {
	case "", "ftp", "hdl", "prospero", "http", "imap", "https", "shttp", "rtsp",
		"rtsps", "rtspu", "sip", "sips", "mms", "sftp", "tel":
	default:
		return path, ""
	}
	last := strings.LastIndexByte(path, '/') + 1
	segment, params, _ := strings.Cut(path[last:], ";")
	return path[:last] + segment, params
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
