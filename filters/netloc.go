package filters

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// netloc is what stands between the // of a URL and its path:
// user:password@host:port, any of it missing.
type netloc string

var (
	errBrackets  = errors.New("the brackets in the URL's host do not hold an IPv6 address")
	errPort      = errors.New("the URL's port is not a number")
	errPortRange = errors.New("the URL's port is not in the range 0 to 65535")
)

// check gives an error where Python's urlsplit raises ValueError.
func (n netloc) check() error {
	_, bracketed, opened := strings.Cut(string(n), "[")
	if opened != strings.Contains(string(n), "]") {
		return errBrackets
	}
	if opened {
		host, _, _ := strings.Cut(bracketed, "]")
		if !isIPLiteral(host) {
			return errBrackets
		}
	}
	for _, r := range string(n) {
		if delimiter, ok := normalizesTo[r]; ok {
			return fmt.Errorf("the URL's host holds %q, which stands for %q", r, delimiter)
		}
	}
	return nil
}

// user gives the user name and the password.
func (n netloc) user() (name, password string) {
	at := strings.LastIndexByte(string(n), '@')
	if at < 0 {
		return "", ""
	}
	name, password, _ = strings.Cut(string(n[:at]), ":")
	return name, password
}

// hostname gives the host in lower case, without brackets. The zone of an IPv6
// address keeps its case, which matters.
func (n netloc) hostname() string {
	host, _ := n.hostPort()
	name, zone, found := strings.Cut(host, "%")
	if found {
		zone = "%" + zone
	}
	return lower(name) + zone
}

// port gives the port without leading zeros, "" if there is none.
func (n netloc) port() (string, error) {
	_, port := n.hostPort()
	if port == "" {
		return "", nil
	}
	for i := range len(port) {
		if !isDigit(port[i]) {
			return "", errPort
		}
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", errPortRange
	}
	return strconv.FormatUint(number, 10), nil
}

// hostPort gives the host, without brackets, and the port as they are written.
func (n netloc) hostPort() (host, port string) {
	info := string(n[strings.LastIndexByte(string(n), '@')+1:])
	if _, bracketed, found := strings.Cut(info, "["); found {
		host, port, _ = strings.Cut(bracketed, "]")
		_, port, _ = strings.Cut(port, ":")
		return host, port
	}
	host, port, _ = strings.Cut(info, ":")
	return host, port
}

var ipvFuture = regexp.MustCompile(`(?s)^v[a-fA-F0-9]+\..+$`)

// isIPLiteral says whether host may stand in brackets: an IPv6 address, with a
// zone or without, or an address of a version to come.
func isIPLiteral(host string) bool {
	if strings.HasPrefix(host, "v") {
		return ipvFuture.MatchString(host)
	}
	// netip allows other zones than Python does.
	address, zone, zoned := strings.Cut(host, "%")
	if zoned && (zone == "" || strings.Contains(zone, "%")) {
		return false
	}
	ip, err := netip.ParseAddr(address)
	return err == nil && ip.Is6()
}

// normalizesTo holds every character that becomes, or becomes a sequence with, a
// delimiter of a URL under NFKC normalization. A host that holds one may lead
// elsewhere than it seems to. None of the delimiters composes with a character
// beside it, so single characters are all there is to look for.
var normalizesTo = map[rune]rune{
	'\u2047': '?', // ⁇
	'\u2048': '?', // ⁈
	'\u2049': '?', // ⁉
	'\u2100': '/', // ℀
	'\u2101': '/', // ℁
	'\u2105': '/', // ℅
	'\u2106': '/', // ℆
	'\u2a74': ':', // ⩴
	'\ufe13': ':', // ︓
	'\ufe16': '?', // ︖
	'\ufe55': ':', // ﹕
	'\ufe56': '?', // ﹖
	'\ufe5f': '#', // ﹟
	'\ufe6b': '@', // ﹫
	'\uff03': '#', // ＃
	'\uff0f': '/', // ／
	'\uff1a': ':', // ：
	'\uff1f': '?', // ？
	'\uff20': '@', // ＠
}
