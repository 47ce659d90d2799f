package rules

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// resolved gives the rules in force for one setting.
func resolved(t *testing.T, s *Set, settings Settings) []*Resolved {
	t.Helper()
	list, err := s.Resolve(settings)
	if err != nil {
		t.Fatalf("%v: %v", settings, err)
	}
	return slices.DeleteFunc(list, func(r *Resolved) bool { return !r.On })
}

func TestSettingErrors(t *testing.T) {
	const shell = ", which a shell or a Dockerfile could take for something else"
	for _, test := range []struct{ name, value, want string }{
		{"PIP_INDEX_URI", "http://p", "there is no setting PIP_INDEX_URI; did you mean PIP_INDEX_URL?"},
		{"pip_index_url", "http://p", "there is no setting pip_index_url; did you mean PIP_INDEX_URL?"},
		{"PIP_INDEX_URL", "proxy", "PIP_INDEX_URL=proxy does not begin with http:// or https://"},
		{"PIP_INDEX_URL", "proxy:80", "PIP_INDEX_URL=proxy:80 does not begin with http:// or https://"},
		{"PIP_INDEX_URL", "/simple", "PIP_INDEX_URL=/simple does not begin with http:// or https://"},
		{"PIP_INDEX_URL", "//proxy/simple", "PIP_INDEX_URL=//proxy/simple does not begin with http:// or https://"},
		{"PIP_INDEX_URL", "ftp://p", "PIP_INDEX_URL=ftp://p does not begin with http:// or https://"},
		{"PIP_INDEX_URL", "http://p:x/", "PIP_INDEX_URL=http://p:*** is no URL"},
		{"PIP_INDEX_URL", "http://[::1/", "PIP_INDEX_URL=http://[::1/ is no URL: missing ']' in host"},
		{"PIP_INDEX_URL", "http://p/%zz", `PIP_INDEX_URL=http://p/%zz is no URL: invalid URL escape "%zz"`},
		{"PIP_INDEX_URL", "http://", "PIP_INDEX_URL=http:// names no host"},
		{"PIP_INDEX_URL", "http:///simple", "PIP_INDEX_URL=http:///simple names no host"},
		{"PIP_INDEX_URL", "http://:80", "PIP_INDEX_URL=http://:80 names no host"},
		{"PIP_INDEX_URL", "http:p", "PIP_INDEX_URL=http:p names no host"},
		{"PIP_INDEX_URL", "http://p:", "PIP_INDEX_URL=http://p: has a colon without a port"},
		{"PIP_INDEX_URL", "http://p:/simple", "PIP_INDEX_URL=http://p:/simple has a colon without a port"},
		{"PIP_INDEX_URL", "http://p/?a=b", "PIP_INDEX_URL=http://p/?*** has a query or a fragment, which a base URL cannot have"},
		{"PIP_INDEX_URL", "http://p/?", "PIP_INDEX_URL=http://p/?*** has a query or a fragment, which a base URL cannot have"},
		{"PIP_INDEX_URL", "http://p/#f", "PIP_INDEX_URL=http://p/#f has a query or a fragment, which a base URL cannot have"},
		{"PIP_INDEX_URL", "http://p/#", "PIP_INDEX_URL=http://p/# has a query or a fragment, which a base URL cannot have"},
		{"PIP_INDEX_URL", "http://p/a b", "PIP_INDEX_URL=http://p/a b holds ' '" + shell},
		{"PIP_INDEX_URL", " http://p", "PIP_INDEX_URL= http://p holds ' '" + shell},
		{"PIP_INDEX_URL", "http://p\n", "PIP_INDEX_URL=\"http://p\\n\" holds '\\n'" + shell},
		{"PIP_INDEX_URL", "http://p\t", "PIP_INDEX_URL=\"http://p\\t\" holds '\\t'" + shell},
		{"PIP_INDEX_URL", "http://p\x1b[1m", "PIP_INDEX_URL=\"http://p\\x1b[1m\" holds '\\x1b'" + shell},
		{"PIP_INDEX_URL", "http://p\x7f", "PIP_INDEX_URL=\"http://p\\x7f\" holds '\\x7f'" + shell},
		{"PIP_INDEX_URL", "http://p/'", `PIP_INDEX_URL=http://p/' holds '\''` + shell},
		{"PIP_INDEX_URL", `http://p/"`, `PIP_INDEX_URL=http://p/" holds '"'` + shell},
		{"PIP_INDEX_URL", `http://p/\`, `PIP_INDEX_URL=http://p/\ holds '\\'` + shell},
		{"PIP_INDEX_URL", "http://p/`", "PIP_INDEX_URL=http://p/` holds '`'" + shell},
		{"PIP_INDEX_URL", "http://p/$X", "PIP_INDEX_URL=http://p/$X holds '$'" + shell},
		{"PIP_INDEX_URL", "http://pröxy/", "PIP_INDEX_URL=http://pröxy/ holds 'ö'" + shell},
		{"PIP_INDEX_URL", "{{ X }}", `PIP_INDEX_URL is a template; pass the rendered value: --set PIP_INDEX_URL="$(tutor config printvalue PIP_INDEX_URL)"`},
		{"PIP_INDEX_URL", "http://{{ X }}/", `PIP_INDEX_URL is a template; pass the rendered value: --set PIP_INDEX_URL="$(tutor config printvalue PIP_INDEX_URL)"`},
		{"PIP_INDEX_URL", "{% if X %}{% endif %}", `PIP_INDEX_URL is a template; pass the rendered value: --set PIP_INDEX_URL="$(tutor config printvalue PIP_INDEX_URL)"`},
		{"APT_HTTPS_PROXY", "direct", "APT_HTTPS_PROXY=direct does not begin with http:// or https:// (DIRECT is allowed, too)"},

		// Nothing of a user name or a password in any of them.
		{"PIP_INDEX_URL", "http://user:secret@p/a b", "PIP_INDEX_URL=http://***@p/a b holds ' '" + shell},
		{"PIP_INDEX_URL", "http://user:sec$ret@p/", "PIP_INDEX_URL=http://***@p/ holds '$'" + shell},
		{"PIP_INDEX_URL", "ftp://user:secret@p/", "PIP_INDEX_URL=ftp://***@p/ does not begin with http:// or https://"},
		{"PIP_INDEX_URL", "http://user:secret@", "PIP_INDEX_URL=http://***@ names no host"},
		{"PIP_INDEX_URL", "http://user:secret@p/?q", "PIP_INDEX_URL=http://***@p/?*** has a query or a fragment, which a base URL cannot have"},
	} {
		_, err := builtinRules(t).Resolve(Settings{test.name: {test.value, "config.yml:12"}})
		if want := "config.yml:12: " + test.want; err == nil || err.Error() != want {
			t.Errorf("%s=%q\ngot:  %v\nwant: %s", test.name, test.value, err, want)
		}
	}

	_, err := builtinRules(t).Resolve(Settings{"PIP_INDEX_URL": {"x", "a"}, "APT_PROXY_URL": {"y", "b"}, "NOPE_AT_ALL": {"z", "c"}})
	if err == nil || strings.Count(err.Error(), "\n") != 2 || !strings.HasPrefix(err.Error(), "b: APT_PROXY_URL=y ") || !strings.Contains(err.Error(), "\na: PIP_INDEX_URL=x ") {
		t.Errorf("not all that is wrong, in order: %v", err)
	}
}

// Whatever is wrong, and wherever the password stands, no error says it.
func TestSettingErrorsMask(t *testing.T) {
	for _, value := range []string{
		"http://user:se cret@p/", "http://user:se'cret@p/", "http://user:se\"cret@p/", "http://user:se`cret@p/",
		"http://user:se/cret@p/", "http://user:se?cret@p/", "http://user:se#cret@p/", "http://user:se%zzcret@p/",
		"http://user:se\\cret@p/", "http://user:se@cret@p/", "http://user:secret@p:x/", "http://user:secret@p:/",
		"user:secret@p", "//user:secret@p/", "http:user:secret@p", "http:/user:secret@p", "http://user:se<cret@p/",
		"http://user:se\ncret@p/", "http://user:secret@[::1/",
	} {
		_, err := builtinRules(t).Resolve(Settings{"PIP_INDEX_URL": {value, "--set"}})
		if err != nil && strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: the password is in %q", value, err)
		}
	}
}

func TestGoodSettings(t *testing.T) {
	for name, values := range map[string][]string{
		"PIP_INDEX_URL":   {"", "http://p", "HTTP://P", "https://p:1/a/b;c?"[:16], "http://[::1]:80/", "http://u:p@h/", "http://10.0.0.1", "http://p/a&b", "http://p/~x/%20"},
		"APT_HTTPS_PROXY": {"", "DIRECT", "http://p:3128", "https://p"},
	} {
		for _, value := range values {
			if _, err := builtinRules(t).Resolve(Settings{name: {value, "--set"}}); err != nil {
				t.Errorf("%s=%s: %v", name, value, err)
			}
		}
	}
}

func TestDefaults(t *testing.T) {
	s := builtinRules(t)
	if got := s.Declared("APT_HTTPS_PROXY").Default.String(); got != "DIRECT" {
		t.Errorf("APT_HTTPS_PROXY is %q", got)
	}
	if got := s.Declared("PIP_INDEX_URL").Default.String(); got != "" {
		t.Errorf("PIP_INDEX_URL is %q", got)
	}
	list := resolved(t, s, Settings{"APT_PROXY_URL": {"http://p:3142", "--set"}, "APT_HTTPS_PROXY": {"http://q:3128", "--set"}})
	if len(list) != 1 || !strings.Contains(list[0].Files["/etc/apt/apt.conf.d/00tplproxy"], `Acquire::https::Proxy "http://q:3128";`) {
		t.Errorf("%+v", list)
	}
	if list := resolved(t, s, Settings{"APT_HTTPS_PROXY": {"http://q:3128", "--set"}}); len(list) != 0 {
		t.Errorf("a default turns a rule on: %+v", list)
	}
}

// What needs no proxy: this machine, and all proxies.
func TestProxyHosts(t *testing.T) {
	settings := Settings{"HTTP_PROXY_URL": {"http://squid:3128", "--set"}, "PIP_INDEX_URL": {"https://u:p@pypi:8081/", "--set"}, "NPM_REGISTRY": {"http://[2001:db8::1]/", "--set"}}
	for _, r := range resolved(t, builtinRules(t), settings) {
		if r.Name == "curl" {
			if got, want := r.Files["/tmp/.tplproxy-curl/.curlrc"], "noproxy = \"127.0.0.1,2001:db8::1,::1,localhost,pypi,squid\"\n"; !strings.HasSuffix(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	}
}

func TestMask(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"no URL":                         "no URL",
		"-H 'Authorization: Bearer t' x": "-H 'Authorization: ***' x",
		"-H \"authorization:t\" x":       "-H \"authorization: ***\" x",
		"-H 'Authorization:' x":          "-H 'Authorization:' x",
		"http://h/":                      "http://h/",
		"http://u@h/":                    "http://***@h/",
		"http://u:p@h/":                  "http://***@h/",
		"http://:p@h/":                   "http://***@h/",
		"http://u:p@h":                   "http://***@h",
		"http://u:p@ss@h/":               "http://***@h/",
		"http://h/a@b":                   "http://h/a@b",
		"http://h/?a@b":                  "http://h/?a@b",
		"http://h#a@b":                   "http://***@b",
		"http://u:p#s@h/x":               "http://***@h/x",
		"http://u:p/s@h/x":               "http://***@h/x",
		"http://h:80/@scope/x":           "http://h:80/@scope/x",
		"x=http://u:p@h/ y=ftp://u:p@h":  "x=http://***@h/ y=ftp://***@h",
		"\"http://u:p@h\" a@b":           "\"http://***@h\" a@b",
		"http://h a@b":                   "http://h a@b",
		"git+https://t@github.com/o/r":   "git+https://***@github.com/o/r",
		"ssh://git@h/ http://u:p@[::1]":  "ssh://git@h/ http://***@[::1]",
		"ssh://joe@h/":                   "ssh://***@h/",
		"u:p@corp:1 u:p@e.x/y":           "***@corp:1 ***@e.x/y",
		"FROM a:1@${D} b:1@sha256:ab":    "FROM a:1@${D} b:1@sha256:ab",
		"mailto:joe@x.org jsr:@std/x@1":  "mailto:joe@x.org jsr:@std/x@1",
		"npm:yarn@1.22 g:a:1.0@aar":      "npm:yarn@1.22 g:a:1.0@aar",
		"https://h/x?a=b&token=s3 y":     "https://h/x?a=b&token=*** y",
		"https://h/?private_token=s&b=c": "https://h/?private_token=***&b=c",
		"a && b=token x?key= y":          "a && b=token x?key= y",
		"://u:p@h":                       "://***@h",
		"http://":                        "http://",
		"http://u:p@":                    "http://***@",
		"http://ü:p@h/":                  "http://***@h/",
	} {
		if got := Mask(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		if again := Mask(want); again != want {
			t.Errorf("%s: masked again it is %s", text, again)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"apt", "curl", "pip", "PIP_INDEX_URL"}
	for name, want := range map[string]string{
		"pipp": "pip", "ap": "apt", "crul": "curl", "Pip": "pip", "pip_index_ulr": "PIP_INDEX_URL", "something else": "", "": "",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := Nearest("pip", nil); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST": true, "localhost.": true, "a.localhost": true, "127.0.0.1": true, "127.1.2.3": true,
		"::1": true, "0.0.0.0": true, "::": true, "::ffff:127.0.0.1": true,
		"": false, "proxy": false, "10.0.0.1": false, "notlocalhost": false, "localhost.example": false, "host.docker.internal": false, "2001:db8::1": false,
	} {
		if got := Loopback(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}

func TestLocal(t *testing.T) {
	list, err := builtinRules(t).Resolve(Settings{
		"PIP_INDEX_URL": {"http://127.0.0.1:8081/", "--set"}, "APT_PROXY_URL": {"http://localhost:3142", "--set"},
		"NPM_REGISTRY": {"http://proxy/", "--set"}, "GEM_SOURCE_URL": {"http://[::1]/", "--set"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := Local(list); !slices.Equal(got, []string{"127.0.0.1", "::1", "localhost"}) {
		t.Errorf("%q", got)
	}
	if got := Local(nil); len(got) != 0 {
		t.Errorf("of nothing: %q", got)
	}
}

func TestPassword(t *testing.T) {
	for _, test := range []struct {
		settings Settings
		want     bool
	}{
		{Settings{"APT_PROXY_URL": {"http://p", ""}}, false},
		{Settings{"APT_PROXY_URL": {"http://u:p@p", ""}}, true},
		{Settings{"APT_PROXY_URL": {"http://u@p", ""}}, true},
		{Settings{"APT_PROXY_URL": {"http://p/a@b", ""}}, false},
		{Settings{"APT_PROXY_URL": {"http://p", ""}, "APT_HTTPS_PROXY": {"http://u:p@p", ""}}, true},
	} {
		for _, r := range resolved(t, builtinRules(t), test.settings) {
			if r.Password() != test.want {
				t.Errorf("%v: %v", test.settings, r.Password())
			}
		}
	}
}

func TestErrPassword(t *testing.T) {
	if !errors.Is(ErrPassword, ErrPassword) || strings.HasSuffix(ErrPassword.Error(), ".") {
		t.Error(ErrPassword)
	}
}
