package rules

import (
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func builtinRules(t *testing.T) *Set {
	t.Helper()
	s, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBuiltin(t *testing.T) {
	s := builtinRules(t)
	var names []string
	for _, r := range s.Rules() {
		names = append(names, r.Name)
		if r.About == "" {
			t.Errorf("%s: about is missing", r.Name)
		}
		if s.Rule(r.Name) != r {
			t.Errorf("%s is not found by its name", r.Name)
		}
	}
	for _, name := range []string{"add", "android-sdk", "apt", "atlas", "bower", "curl", "gem", "git", "gradle", "image", "nodeenv", "npm", "pip", "pyenv", "uv"} {
		if !slices.Contains(names, name) {
			t.Errorf("there is no rule %s", name)
		}
	}
	if !slices.IsSorted(names) {
		t.Errorf("%q are not sorted", names)
	}
	if s.Rule("none") != nil {
		t.Error("there is a rule none")
	}
	if settings := s.Settings(); !slices.IsSorted(settings) || !slices.Contains(settings, "PIP_INDEX_URL") || !slices.Contains(settings, "APT_HTTPS_PROXY") {
		t.Errorf("settings %q", settings)
	}
}

// TestPrepared compares the prepared rules with the YAML files.
func TestPrepared(t *testing.T) {
	if preparedSum != builtinSum() {
		t.Fatal("builtin.go is not made of the YAML files; go generate ./rules renews it")
	}
	list, err := readAll(builtin, ".", builtinSource)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(preparedRules(), list) {
		t.Error("the rules in builtin.go are not those of the YAML files; go generate ./rules renews them")
	}
}

func TestEveryRuleRenders(t *testing.T) {
	for _, value := range []string{
		"http://proxy:8081/",
		"https://proxy.example/",
		"http://proxy.example",
		"http://127.0.0.1:7762/simple/",
		"https://proxy.example:8443/a/b",
		"http://[::1]:3142",
		"https://[2001:db8::1]/a",
		"http://proxy:1/a&b;c",
		"http://proxy.example/a-b",
	} {
		s := builtinRules(t)
		settings := Settings{}
		for _, r := range s.Rules() {
			if s.Declared(r.Setting).Kind == URL || strings.Trim(value, plain) == "" {
				settings[r.Setting] = Setting{value, "--set"}
			} else if err := s.checkSetting(r.Setting, Setting{value, "--set"}); err == nil {
				t.Errorf("%s=%s is taken for the beginning of other URLs", r.Setting, value)
			} else {
				settings[r.Setting] = Setting{"http://proxy:1", "--set"}
			}
		}
		list := resolved(t, s, settings)
		if len(list) != len(s.Rules()) {
			t.Errorf("%s: %d rules of %d are in force", value, len(list), len(s.Rules()))
		}
		u, err := url.Parse(value)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if slices.ContainsFunc(r.Reads(), func(name string) bool { return settings[name].Value != "" && settings[name].Value != value }) {
				continue // it would be no beginning of another URL
			}
			want := value
			if s.Declared(r.Setting).Kind == Base {
				want = strings.TrimRight(value, "/")
			}
			if r.URL != want || r.Off != "" {
				t.Errorf("%s: %s: URL %q, off %q", r.Name, value, r.URL, r.Off)
			}
			text := strings.Join(slices.Concat(slices.Collect(maps.Values(r.Env)), slices.Collect(maps.Values(r.Files)), slices.Collect(maps.Values(r.Arguments))), "\n")
			for _, ref := range r.References {
				text += "\n" + strings.Join(slices.Collect(maps.Values(ref.To)), "\n")
			}
			if !strings.Contains(text, value) && !strings.Contains(text, u.Host) && !strings.Contains(text, u.Hostname()) {
				t.Errorf("%s: %s is not in\n%s", r.Name, value, text)
			}
			for name, text := range r.Files {
				if strings.Contains(text, "{{") || !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
					t.Errorf("%s: %s: %q", r.Name, name, text)
				}
			}
			for name, text := range r.Env {
				if text == "" || strings.ContainsAny(text, "\n{}") || text != strings.TrimSpace(text) {
					t.Errorf("%s: %s: %q", r.Name, name, text)
				}
			}
		}
	}
}

func TestRendered(t *testing.T) {
	for _, test := range []struct{ rule, setting, value, name, want string }{
		{"pip", "PIP_INDEX_URL", "http://p:8081/simple/", "PIP_INDEX_URL", "http://p:8081/simple/"},
		{"pip", "PIP_INDEX_URL", "http://p:8081/simple/", "PIP_TRUSTED_HOST", "p:8081"},
		{"pip", "PIP_INDEX_URL", "http://[::1]:8081/", "PIP_TRUSTED_HOST", "[::1]:8081"},
		{"pip", "PIP_INDEX_URL", "https://p:8081/simple/", "PIP_TRUSTED_HOST", ""},
		{"pip", "PIP_INDEX_URL", "https://p:8081/simple/", "PIPENV_PYPI_MIRROR", "https://p:8081/simple/"},
		{"uv", "PIP_INDEX_URL", "http://p/simple", "UV_DEFAULT_INDEX", "http://p/simple"},
		{"uv", "PIP_INDEX_URL", "http://p/simple", "UV_INSECURE_HOST", "p"},
		{"uv", "PIP_INDEX_URL", "https://p/simple", "UV_INSECURE_HOST", ""},
		{"npm", "NPM_REGISTRY", "http://p/", "npm_config_registry", "http://p/"},
		{"apt", "APT_PROXY_URL", "http://p:3142", "/etc/apt/apt.conf.d/00tplproxy", "Acquire::http::Proxy \"http://p:3142\";\nAcquire::https::Proxy \"DIRECT\";\n"},
		{"npm", "NPM_REGISTRY", "http://p:4873/", "/.yarnrc.yml", "npmRegistryServer: \"http://p:4873/\"\nunsafeHttpWhitelist: [\"p\"]\n"},
		{"npm", "NPM_REGISTRY", "https://p/", "/.yarnrc.yml", "npmRegistryServer: \"https://p/\"\n"},
	} {
		for _, r := range resolved(t, builtinRules(t), Settings{test.setting: {test.value, "--set"}}) {
			if r.Name != test.rule {
				continue
			}
			if got := r.Env[test.name] + r.Files[test.name]; got != test.want {
				t.Errorf("%s: %s=%s: %s is %q, want %q", test.rule, test.setting, test.value, test.name, got, test.want)
			}
		}
	}
}

func TestOff(t *testing.T) {
	for _, test := range []struct{ rule, setting, value, want string }{
		{"pip", "PIP_INDEX_URL", "", "PIP_INDEX_URL is not set"},
		{"pip", "PIP_INDEX_URL", "https://pypi.org/simple", "PIP_INDEX_URL is the upstream itself"},
		{"pip", "PIP_INDEX_URL", "https://pypi.org/simple/", "PIP_INDEX_URL is the upstream itself"},
		{"pip", "PIP_INDEX_URL", "https://pypi.org/simple//", "PIP_INDEX_URL is the upstream itself"},
		{"pip", "PIP_INDEX_URL", "https://pypi.python.org/simple", "PIP_INDEX_URL is the upstream itself"},
		{"pip", "PIP_INDEX_URL", "https://pypi.org/simpler", ""},
		{"pip", "PIP_INDEX_URL", "http://pypi.org/simple", ""},
		{"uv", "PIP_INDEX_URL", "https://pypi.org/simple/", "PIP_INDEX_URL is the upstream itself"},
		{"npm", "NPM_REGISTRY", "https://registry.npmjs.org", "NPM_REGISTRY is the upstream itself"},
		{"npm", "NPM_REGISTRY", "https://registry.npmjs.org/", "NPM_REGISTRY is the upstream itself"},
		{"npm", "NPM_REGISTRY", "http://proxy/", ""},
		{"gem", "GEM_SOURCE_URL", "https://rubygems.org", "GEM_SOURCE_URL is the upstream itself"},
		{"apt", "APT_PROXY_URL", "http://proxy", ""},
	} {
		list, err := builtinRules(t).Resolve(Settings{test.setting: {test.value, "--set"}})
		if err != nil {
			t.Errorf("%s=%s: %v", test.setting, test.value, err)
		}
		for _, r := range list {
			if r.Name == test.rule && (r.Off != test.want || r.On != (test.want == "")) {
				t.Errorf("%s: %s=%s: on %v, off %q", test.rule, test.setting, test.value, r.On, r.Off)
			}
		}
	}
	list, err := builtinRules(t).Resolve(nil)
	if err != nil || len(list) != len(builtinRules(t).Rules()) {
		t.Fatalf("without settings: %d rules, %v", len(list), err)
	}
	for _, r := range list {
		if r.On || !strings.Contains(r.Off, r.Setting) || !strings.HasSuffix(r.Off, " is set") && !strings.HasSuffix(r.Off, " is not set") || len(r.Env)+len(r.Files) > 0 {
			t.Errorf("without settings %s is %+v", r.Name, r)
		}
	}
}

func TestSelect(t *testing.T) {
	for _, test := range []struct {
		only, skip []string
		want, err  string
	}{
		{nil, nil, "a b c", ""},
		{[]string{"a"}, nil, "a", ""},
		{[]string{"a", "b"}, []string{"b"}, "a", ""},
		{nil, []string{"b", "c"}, "a", ""},
		{[]string{"a"}, []string{"a"}, "", ""},
		{[]string{"aa"}, nil, "a b c", "there is no rule aa; did you mean a?"},
		{nil, []string{"something"}, "a b c", "there is no rule something; there are a, b, c"},
	} {
		s := builtinRules(t)
		s.rules = map[string]*Rule{"a": {Name: "a"}, "b": {Name: "b"}, "c": {Name: "c"}}
		message := ""
		if err := s.Select(test.only, test.skip); err != nil {
			message = err.Error()
		}
		var names []string
		for _, r := range s.Rules() {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, " "); got != test.want || message != test.err {
			t.Errorf("only %q, skip %q: %q, %q", test.only, test.skip, got, message)
		}
	}
}

func TestAdd(t *testing.T) {
	s := builtinRules(t)
	n := len(s.Rules())
	mine, other := &Rule{Name: "pip", Setting: "MY_INDEX"}, &Rule{Name: "mine", Setting: "OTHER"}
	s.Add(mine, other)
	if s.Rule("pip") != mine || s.Rule("mine") != other || len(s.Rules()) != n+1 {
		t.Error("Add does not replace and add")
	}
	if !slices.Contains(s.Settings(), "MY_INDEX") {
		t.Error("the new rule's setting is unknown")
	}
	if builtinRules(t).Rule("pip") == mine {
		t.Error("one set's rule is in another")
	}
}

const good = `name: mine
setting: MY_URL
commands: [fetch URL]
env:
  MY_INDEX: "{{ MY_URL }}"
`

// An error that ends in ": " may go on.
func parseRows(t *testing.T, rows []struct{ name, src, want string }) {
	t.Helper()
	for _, test := range rows {
		_, err := Parse("mine.yaml", []byte(test.src))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want && (!strings.HasSuffix(test.want, ": ") || !strings.HasPrefix(got, test.want)) {
			t.Errorf("%s\ngot:  %s\nwant: %s", test.name, got, test.want)
		}
	}
}

func TestParse(t *testing.T) {
	parseRows(t, []struct{ name, src, want string }{
		{"good", good, ""},
		{"an unknown key", good + "comands: []\n", `mine.yaml:6:1: unknown key "comands"`},
		{"an unknown key of a variable", good + "  B: {value: x, vale: y}\n", `mine.yaml:6:17: unknown key "vale"`},
		{"an unknown key of a file", good + "files:\n  /x:\n    content: x\n    mode: y\n", `mine.yaml:9:5: unknown key "mode"`},
		{"an unknown key of a deciding file", good + "deciding:\n  x:\n    resaon: y\n", `mine.yaml:8:5: unknown key "resaon"`},
		{"a wrong type", strings.Replace(good, "[fetch URL]", "{a: b}", 1), "mine.yaml:3:11: "},
		{"a wrong type of a template", good + "  B: [x]\n", "mine.yaml:6:6: a template must be a string"},
		{"a wrong type in a variable", good + "  B:\n    value: [x]\n", "mine.yaml:7:12: a template must be a string"},
		{"a list", "- a\n", "mine.yaml:1:1: "},
		{"no YAML", "name: [\n", "mine.yaml:1:7: "},
		{"a key twice", good + "name: again\n", "mine.yaml:6:1: "},

		{"a template's syntax, plain", good + "  B: a {{ MY_URL | }}\n", `mine.yaml:6:20: unexpected end, "}}"`},
		{"a template's syntax in a block", good + "files:\n  /x: |\n    first\n    and {{ MY_URL | }}\n", `mine.yaml:9:21: unexpected end, "}}"`},
		{"a default", good + "  B: \"{{ OTHER }}\"\nsettings: {OTHER: x}\n", ""},
		{"a setting that another rule declares", good + "  B: \"{{ OTHER }}\"\nsettings: {OTHER: }\n", ""},
		{"a default of a kind", good + "  B: \"{{ OTHER }}\"\nsettings: {OTHER: {default: \"{{ MY_URL }}/x\", kind: base}}\n", ""},
		{"the hosts", good + "  B: \"{{ PROXY_HOSTS }}\"\n", ""},

		{"no name", strings.Replace(good, "name: mine", "about: x", 1), "mine.yaml:1:1: name is missing"},
		{"a bad name", strings.Replace(good, "mine", "My Rule", 1), `mine.yaml: name: "My Rule" is not made of lower-case letters, digits and hyphens`},
		{"no setting", strings.Replace(good, "setting: MY_URL\n", "", 1), "mine.yaml:1:1: setting is missing: the name of the setting that turns the rule on"},
		{"a bad setting", strings.Replace(good, "setting: MY_URL", "setting: my-url", 1), `mine.yaml: setting: "my-url" is not made of capital letters, digits and underscores`},
		{"a bad default", good + "settings: {other: x}\n", `mine.yaml: settings: "other" is not made of capital letters, digits and underscores`},
		{"no commands", strings.Replace(good, "commands: [fetch URL]\n", "", 1), "mine.yaml:1:1: commands are missing"},
		{"empty commands", strings.Replace(good, "[fetch URL]", "[]", 1), "mine.yaml:1:1: commands are missing"},
		{"nothing to set", "name: mine\nsetting: X\ncommands: [a]\n", "mine.yaml:1:1: env, files, arguments, scripts and references are missing: the rule would change nothing"},
		{"a bad variable", good + "  1B: x\n", `mine.yaml: env: "1B" is no name of a variable`},
		{"a variable with a hyphen", good + "  A-B: x\n", `mine.yaml: env: "A-B" is no name of a variable`},
		{"no value", good + "  B: {programs: [x]}\n", "mine.yaml: env: B: the template is missing"},
		{"no content", good + "files:\n  /x: {programs: [x]}\n", "mine.yaml: files: /x: the template is missing"},
		{"a relative file", good + "files: {x: y}\n", `mine.yaml: files: "x" is no clean absolute path of letters, digits and the characters . _ + - /`},
		{"an unclean file", good + "files: {/x/../y: y}\n", `mine.yaml: files: "/x/../y" is no clean absolute path of letters, digits and the characters . _ + - /`},
		{"a directory", good + "files: {/x/: y}\n", `mine.yaml: files: "/x/" is no clean absolute path of letters, digits and the characters . _ + - /`},
		{"the root", good + "files: {/: y}\n", `mine.yaml: files: "/" is no clean absolute path of letters, digits and the characters . _ + - /`},
		{"a file with a blank", good + "files: {\"/x y\": y}\n", `mine.yaml: files: "/x y" is no clean absolute path of letters, digits and the characters . _ + - /`},
		{"a file with a variable", good + "files: {/$x: y}\n", `mine.yaml: files: "/$x" is no clean absolute path of letters, digits and the characters . _ + - /`},
	})
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "Http_Proxy"} {
		_, err := Parse("mine.yaml", []byte(good+"  "+name+": x\n"))
		if want := "mine.yaml: env: " + name + " is a predefined proxy argument: declaring it would put the user's own proxy, with its password, into the image's history"; err == nil || err.Error() != want {
			t.Errorf("%s\ngot:  %v\nwant: %s", name, err, want)
		}
	}
}

func TestParsePlaces(t *testing.T) {
	parseRows(t, []struct{ name, src, want string }{
		{"empty", "", "mine.yaml:1:1: name is missing"},
		{"another setting", good + "  B: \"{{ OTHER }}\"\n", "mine.yaml:6:7: env: B: the template reads OTHER, which is none of the rule's settings: name it with the key setting, or, or settings"},
		{"another setting in a file", good + "files:\n  /x: |\n    a\n    {{ OTHER }}\n", "mine.yaml:8:5: files: /x: the template reads OTHER, which is none of the rule's settings: name it with the key setting, or, or settings"},
		{"a wrong type of append", good + "  B: {value: x, append: often}\n", "mine.yaml:6:25: append must be true or false"},
		{"a template's syntax", good + "  B: \"a {{ MY_URL b\"\n", `mine.yaml:6:9: "{{" is not closed with "}}"`},
		{"an unknown filter", good + "  B: \"{{ MY_URL | nope }}\"\n", `mine.yaml:6:19: the filter "nope" is not allowed; those that are: `},
		{"an unknown part", good + "  B: \"{{ MY_URL | url_part('nope') }}\"\n", `mine.yaml:6:28: a URL has no part "nope"; it has scheme, netloc, hostname, port, username, password, path, params, query, fragment`},
		{"a banned tag", good + "  B: \"{% include '/etc/passwd' %}\"\n", `mine.yaml:6:10: the tag "include" is not allowed; those that are: `},
	})
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	one := write("one.txt", good)
	if list, err := Load(one); err != nil || len(list) != 1 || list[0].Name != "mine" {
		t.Errorf("a file: %v, %v", list, err)
	}
	write("two/b.yml", strings.Replace(good, "mine", "b", 1))
	write("two/a.yaml", strings.Replace(good, "mine", "a", 1))
	write("two/README.md", "no rule")
	write("two/sub/c.yaml", "no rule")
	list, err := Load(filepath.Join(dir, "two"))
	if err != nil || len(list) != 2 || list[0].Name != "a" || list[1].Name != "b" {
		t.Errorf("a directory: %v, %v", list, err)
	}
	bad := write("two/c.yaml", good+"x: y\n")
	if _, err := Load(filepath.Dir(bad)); err == nil || err.Error() != filepath.ToSlash(bad)+`:6:1: unknown key "x"` {
		t.Errorf("a directory with a bad file: %v", err)
	}
	if _, err := Load(bad); err == nil || err.Error() != bad+`:6:1: unknown key "x"` {
		t.Errorf("a bad file: %v", err)
	}
	missing := filepath.Join(dir, "missing")
	if _, err := Load(missing); err == nil || err.Error() != missing+": there is no such rule file or directory" {
		t.Errorf("a missing file: %v", err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(empty); err == nil || err.Error() != empty+": there is no rule file (*.yaml) in it" {
		t.Errorf("an empty directory: %v", err)
	}
}
