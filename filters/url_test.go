package filters

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestURLPartIsPythons compares every part of every URL in testdata/urls.json,
// which testdata/urls.py wrote.
func TestURLPartIsPythons(t *testing.T) {
	text, err := os.ReadFile("testdata/urls.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]any
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) < 300 {
		t.Fatalf("only %d URLs", len(rows))
	}
	for _, row := range rows {
		url := row["url"].(string)
		for _, part := range urlParts {
			want, isText := row[part].(string)
			got, err := URLPart(url, part)
			if isText != (err == nil) || got != want {
				t.Errorf("URLPart(%q, %q) = %q, %v; Python: %v", url, part, got, err, row[part])
			}
		}
	}
}

func TestURLPartErrors(t *testing.T) {
	for _, test := range []struct{ url, part, want string }{
		{"http://h", "host", `a URL has no part "host"; it has scheme, netloc, hostname, port, username, password, path, params, query, fragment`},
		{"http://h", "", `a URL has no part ""; it has scheme, netloc, hostname, port, username, password, path, params, query, fragment`},
		{"http://user:secret/@h", "port", "the URL's port is not a number"},
		{"http://user:secret@h:65536", "port", "the URL's port is not in the range 0 to 65535"},
		{"http://user:secret@[h]", "scheme", "the brackets in the URL's host do not hold an IPv6 address"},
		{"http://user:secret@h／x", "path", "the URL's host holds '／', which stands for '/'"},
	} {
		_, err := URLPart(test.url, test.part)
		if err == nil || err.Error() != test.want {
			t.Errorf("URLPart(%q, %q): error %v, want %s", test.url, test.part, err, test.want)
		}
	}
}

func FuzzURLPart(f *testing.F) {
	for _, url := range []string{
		"http://user:secret@host:80/path;params?query#fragment",
		"http://[fe80::1%eth0]:8080/", "//host", "http://h／x", "\x00 http://\xff\n/", "http://İΣ/",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		for _, part := range urlParts {
			value, err := URLPart(url, part)
			if err != nil && value != "" {
				t.Errorf("%s: both %q and %v", part, value, err)
			}
			// Of the parts, lower-casing alone adds to what the URL holds.
			if err == nil && part != "hostname" && part != "scheme" && part != "port" &&
				!strings.Contains(strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(url), value) {
				t.Errorf("%s: %q is not in the URL", part, value)
			}
		}
	})
}
