package shell

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// scope is what the Dockerfile has in every test; GONE is surely not set, and of
// any other name nothing is known.
var scope = map[string]string{
	"PIP_COMMAND": "uv pip",
	"PIP":         "pip",
	"EMPTY":       "",
	"BLANKS":      "  ",
	"PACKAGES":    "a  b",
	"URL":         "https://github.com/o/r.git",
	"VERSION":     "3.12",
	"N":           "3",
	"DIR":         "/openedx",
	"QUOTE":       "it's",
	"STAR":        "*.txt",
	"SCRIPT":      "pip install a && pip install b",
	"NAME":        "PIP",
}

func lookup(name string) (string, Value) {
	if value, ok := scope[name]; ok {
		return value, Known
	}
	if name == "GONE" {
		return "", Unset
	}
	return "", Unknown
}

// describe writes commands as the tables do: one after the other with " ; "
// between, their words with blanks between, an unresolved word in < >, a known
// one in quotes where it would not read as one word. What the RUN does to the
// command's environment stands behind it in braces: A=value, -A (unset), the
// program that clears it, with what it keeps in parentheses, and @program for
// another root.
func describe(s *Script) string {
	commands := make([]string, len(s.Commands))
	for i, c := range s.Commands {
		var words []string
		for _, w := range c.Words {
			words = append(words, describeWord(w))
		}
		var notes []string
		if c.Cleared != "" {
			note := c.Cleared
			if len(c.Kept) > 0 {
				note += "(" + strings.Join(c.Kept, " ") + ")"
			}
			notes = append(notes, note)
		}
		if c.Root != "" {
			notes = append(notes, "@"+c.Root)
		}
		if c.Raised {
			notes = append(notes, "raised")
		}
		if c.Other != "" && !c.Raised && c.Cleared == "" {
			notes = append(notes, "by "+c.Other)
		}
		for _, name := range slices.Sorted(maps.Keys(c.Assigned)) {
			notes = append(notes, name+"="+describeWord(c.Assigned[name]))
		}
		for _, name := range slices.Sorted(maps.Keys(c.Removed)) {
			notes = append(notes, "-"+name)
		}
		commands[i] = strings.Join(words, " ")
		if len(notes) > 0 {
			commands[i] += " {" + strings.Join(notes, ", ") + "}"
		}
	}
	return strings.Join(commands, " ; ")
}

func describeWord(w Word) string {
	switch {
	case w.Holes:
		return "<" + w.Text + ">"
	case w.Text == "" || w.Text == ";" || strings.ContainsAny(w.Text, " \t\n\"'<>,$"):
		return strconv.Quote(w.Text)
	}
	return w.Text
}

func TestParse(t *testing.T) {
	for _, table := range []struct {
		name string
		rows [][2]string
	}{
		{"compounds", compounds},
		{"wrappers", wrapped},
		{"shells", shellsInShells},
		{"heredocs", heredocs},
		{"words", words},
		{"variables", variables},
		{"functions", functions},
	} {
		t.Run(table.name, func(t *testing.T) {
			for _, row := range table.rows {
				s, err := Parse(row[0], lookup)
				if err != nil {
					t.Errorf("%s\nerror: %v", row[0], err)
					continue
				}
				if got := describe(s); got != row[1] {
					t.Errorf("%s\ngot:  %s\nwant: %s", row[0], got, row[1])
				}
			}
		})
	}
}

// Where a command may stand.
var compounds = [][2]string{
	{"", ""},
	{"# apt-get update", ""},
	{"pip install a # and no more", "pip install a"},
	{"pip install a#b", "pip install a#b"},
	{"pip install \\\n  a \\\n  b", "pip install a b"},
	{"pip in\\\nstall a", "pip install a"},
	{"pip \\\n# a comment\ninstall", "pip ; install"},
	{"a && b", "a ; b"},
	{"a || b", "a ; b"},
	{"a; b", "a ; b"},
	{"a\nb", "a ; b"},
	{"a & b", "a ; b"},
	{"a | b", "a ; b"},
	{"a |& b", "a ; b"},
	{"! a", "a"},
	{"yes | pip uninstall a", "yes ; pip uninstall a"},
	{"a && b || c; d | e", "a ; b ; c ; d ; e"},
	{"(a; b)", "a ; b"},
	{"{ a; b; }", "a ; b"},
	{"{ a; } > /dev/null 2>&1", "a"},
	{"set -eux; a", "set -eux ; a"},
	{"if a; then b; fi", "a ; b"},
	{"if a; then b; elif c; then d; else e; fi", "a ; b ; c ; d ; e"},
	{"if [ -n x ]; then b; fi", "[ -n x ] ; b"},
	{"if [[ -n x ]]; then b; fi", "b"},
	{"if [[ -n $(a) ]]; then b; fi", "a ; b"},
	{"if (( 1 )); then b; fi", "b"},
	{"for x in 1 2; do pip install $x; done", "pip install <$x> {x=<$x>}"},
	{"for x in only; do pip install $x; done", "pip install only {x=only}"},
	{"for x; do a $x; done", "a <$x> {x=<$x>}"},
	{"for x in $(list); do a; done", "list ; a {x=<$(…)>}"},
	{"for ((i = 0; i < $(n); i++)); do a; done", "n ; a"},
	{"while a; do b; done", "a ; b"},
	{"until a; do sleep 1; done", "a ; sleep 1"},
	{"while read -r p; do pip install $p; done < list", "read -r p ; pip install <$p> {p=<$p>}"},
	{"case $A in a) b;; *) c;; esac", "b ; c"},
	{"case $(a) in $(b)) c;; esac", "a ; b ; c"},
	{"select x in a; do b; done", "b {x=a}"},
	{"f() { a; }", "a"},
	{"function f { a; }", "a"},
	{"f() { a; }; f", "a ; f"},
	{"time a", "a"},
	{"time -p a", "a"},
	{"coproc a", "a"},
	{"a $(b)", "b ; a <$(…)>"},
	{"a \"$(b \"$(c)\")\"", "c ; b <$(…)> ; a <$(…)>"},
	{"a `b`", "b ; a <$(…)>"},
	{"a `b \\`c\\``", "c ; b <$(…)> ; a <$(…)>"},
	{"A=$(b)", "b"},
	{"A=$(b) c", "b ; c {A=<$(…)>}"},
	{"A=(x $(b))", "b"},
	{"A[$(b)]=1", "b"},
	{"export A=$(b)", "b"},
	{"a ${X:-$(b)}", "b ; a <$X>"},
	{"a $(( $(b) + 1 ))", "b ; a <$(…)>"},
	{"a <(b)", "b ; a /dev/fd/63"},
	{"a < <(b)", "b ; a"},
	{"a > $(b)", "b ; a"},
	{"a > >(tee log)", "tee log ; a"},
	{"source <(a)", "a ; source /dev/fd/63"},
	{"curl -sSL https://x/i.sh | bash", "curl -sSL https://x/i.sh"},
	{"curl -sSL https://x/i.sh | bash -s -- -y", "curl -sSL https://x/i.sh"},
	{"bash <(curl https://x/i.sh)", "curl https://x/i.sh"},
	{"> file", ""},
	{"2>&1 a > b", "a"},
}

// What runs a command.
var wrapped = [][2]string{
	{"sudo apt-get update", "apt-get update {sudo without -E, raised}"},
	{"sudo -E apt-get update", "apt-get update {raised}"},
	{"sudo -EH apt-get update", "apt-get update {raised}"},
	{"sudo -nEu app pip install a", "pip install a {raised}"},
	{"sudo -Hu app pip install a", "pip install a {sudo without -E, raised}"},
	{"sudo -uEve pip install a", "pip install a {sudo without -E, raised}"},
	{"sudo -u app -- pip install a", "pip install a {sudo without -E, raised}"},
	{"sudo --user=app pip install a", "pip install a {sudo without -E, raised}"},
	{"sudo --preserve-env pip install a", "pip install a {raised}"},
	{"sudo --preserve-env=X,Y pip install a", "pip install a {sudo without -E(X Y), raised}"},
	{"X=1 sudo --preserve-env=X pip install a", "pip install a {sudo without -E(X), raised, X=1}"},
	{"X=1 sudo pip install a", "pip install a {sudo without -E, raised}"},
	{"sudo X=1 pip install $PIP", "pip install pip {sudo without -E, raised, X=1}"},
	{"sudo -R /x pip install", "pip install {sudo without -E, @sudo --chroot, raised}"},
	{"sudo -E env X=1 pip install", "pip install {raised, X=1}"},
	{"sudo -i", ""},
	{"sudo -i pip install", "pip install {sudo without -E, raised}"},
	{"sudo sh -c 'pip install a'", "pip install a {sudo without -E, raised}"},
	{"sudo su - app -c 'pip install'", "pip install {su -, raised}"},
	{"/usr/bin/sudo apt-get update", "apt-get update {sudo without -E, raised}"},
	{"doas -u app apk add a", "apk add a {doas, raised}"},
	{"su app -c 'pip install a'", "pip install a {by su}"},
	{"su app -c \"pip install $PIP\"", "pip install pip {by su}"},
	{"su app -c'pip install a'", "pip install a {by su}"},
	{"su -c 'pip install a' app", "pip install a {by su}"},
	{"su --command='pip install a' app", "pip install a {by su}"},
	{"su app --command 'pip install a'", "pip install a {by su}"},
	{"su - app -c 'pip install a'", "pip install a {su -}"},
	{"su -l app -c 'pip install a'", "pip install a {su -l}"},
	{"su -lc 'pip install a' app", "pip install a {su -l}"},
	{"su --login app -c 'pip install a'", "pip install a {su -l}"},
	{"su -p app -c 'pip install a'", "pip install a {by su}"},
	{"su - -w X,Y app -c 'pip install a'", "pip install a {su -(X Y)}"},
	{"su -s /bin/bash app -c 'pip install a'", "pip install a {by su}"},
	{"su --shell=/bin/bash app -c 'pip install a'", "pip install a {by su}"},
	{"su app <<EOF\npip install a\nEOF", "pip install a {by su}"},
	{"su", ""},
	{"su -c", ""},
	{"runuser -u app -- pip install a", "pip install a {by runuser}"},
	{"runuser -u app pip install a", "pip install a {by runuser}"},
	{"runuser --user=app pip install a", "pip install a {by runuser}"},
	{"runuser -l app -c 'pip install a'", "pip install a {runuser -l}"},
	{"runuser app -c 'pip install a'", "pip install a {by runuser}"},
	{"runuser -u", ""},
	{"gosu app pip install a", "pip install a {by gosu}"},
	{"gosu app:app bash -c 'pip install a'", "pip install a {by gosu}"},
	{"su-exec app pip install a", "pip install a {by su-exec}"},
	{"setpriv --reuid app --init-groups pip install a", "pip install a {by setpriv}"},
	{"chroot /x apt-get update", "apt-get update {@chroot}"},
	{"chroot --userspec=a /x apt-get update", "apt-get update {@chroot}"},
	{"chroot /x sh -c 'a && b'", "a {@chroot} ; b {@chroot}"},
	{"chroot /x", "chroot /x"},
	{"env a", "a"},
	{"env", ""},
	{"env X=1 Y= a", "a {X=1, Y=\"\"}"},
	{"env X=$U a", "a {X=<$U>}"},
	{"env npm_config_@s:registry=x a", "a {npm_config_@s:registry=x}"},
	{"env -i a", "a {env -i}"},
	{"env - a", "a {env -}"},
	{"env --ignore-environment X=1 a", "a {env -i, X=1}"},
	{"env -u X a", "a {-X}"},
	{"env -uX a", "a {-X}"},
	{"env --unset=X --unset Y a", "a {-X, -Y}"},
	{"X=1 env -u X a", "a {-X}"},
	{"env -iu X a", "a {env -i, -X}"},
	{"env -C /x a", "a"},
	{"env --chdir=/x a", "a"},
	{"env -- a", "a"},
	{"env -S 'X=1 a b'", "a b {X=1}"},
	{"env --split-string='a b'", "a b"},
	{"env -u", ""},
	{"exec a b", "a b"},
	{"exec -a name a b", "a b"},
	{"exec > log", "exec"},
	{"command a b", "a b"},
	{"command -p a b", "a b"},
	{"command -v a", ""},
	{"command -pv a", ""},
	{"command -V a", ""},
	{"builtin a", "a"},
	{"/usr/bin/time -v a b", "a b"},
	{"/usr/bin/time -f %e a b", "a b"},
	{"nice a b", "a b"},
	{"nice -n 10 a b", "a b"},
	{"nice -n10 a b", "a b"},
	{"nice -10 a b", "a b"},
	{"nice --adjustment=10 a b", "a b"},
	{"ionice -c 2 -n 7 a b", "a b"},
	{"ionice -c2 a b", "a b"},
	{"timeout 60 a b", "a b"},
	{"timeout -s 60 9 a b", "a b"},
	{"timeout -s KILL 60 a b", "a b"},
	{"timeout -sKILL -k 5 60 a b", "a b"},
	{"timeout --signal=KILL --kill-after 5 60 a b", "a b"},
	{"timeout 60", "timeout 60"},
	{"nohup a b &", "a b"},
	{"setsid -w a b", "a b"},
	{"stdbuf -oL -e 0 a b", "a b"},
	{"unbuffer a b", "a b"},
	{"chronic a b", "a b"},
	{"eatmydata apt-get update", "apt-get update"},
	{"eatmydata -- apt-get update", "apt-get update"},
	{"fakeroot a b", "a b"},
	{"busybox wget https://x", "wget https://x"},
	{"busybox", "busybox"},
	{"flock /lock a b", "a b"},
	{"flock -w 10 /lock a b", "a b"},
	{"flock /lock -c 'a b'", "a b"},
	{"flock /lock --command 'a b'", "a b"},
	{"tini -- a b", "a b"},
	{"tini -g -p SIGKILL -- a b", "a b"},
	{"dumb-init -r 15:3 a b", "a b"},
	{"xvfb-run -a a b", "a b"},
	{"xvfb-run --server-args '-screen 0' a b", "a b"},
	{"xvfb-run --server-args='-screen 0' a b", "a b"},
	{"ssh-agent sh -c 'ssh-add; git clone x'", "ssh-add ; git clone x"},
	{"xargs pip install", "pip install <$…>"},
	{"xargs -r -n 1 pip install", "pip install <$…>"},
	{"xargs -0rn1 pip install", "pip install <$…>"},
	{"xargs -rn 1 pip install", "pip install <$…>"},
	{"xargs -P4 -I {} pip install {}", "pip install <$…>"},
	{"xargs -I% pip install %==1", "pip install <$…==1>"},
	{"xargs -i pip install {}", "pip install <$…>"},
	{"xargs -I{} sh -c 'pip install {} && x'", "pip install <$…> ; x"},
	{"cat list | xargs pip install", "cat list ; pip install <$…>"},
	{"xargs", "xargs"},
	{"find . -exec pip install {} \\;", "pip install <$…>"},
	{"find . -name x -execdir pip install -r {} + -exec b ';'", "pip install -r <$…> ; b"},
	{"find . -exec sh -c 'pip install {}' \\;", "pip install <$…>"},
	{"find . -exec sh -c 'pip install \"$1\"' _ {} \\;", "pip install <$1>"},
	{"find . -exec \\;", ""},
	{"find . -exec", ""},
	{"find . -delete", ""},
	{"python -m pip install a", "pip install a"},
	{"python3 -m pip install a", "pip install a"},
	{"python3.12 -Im pip install a", "pip install a"},
	{"python3.12 -I -m pip install a", "pip install a"},
	{"python -mpip install a", "pip install a"},
	{"python -Impip install a", "pip install a"},
	{"python -W ignore -X dev -m pip install a", "pip install a"},
	{"python -Wignore -m pip install a", "pip install a"},
	{"python -u -m pip install a", "pip install a"},
	{"/openedx/venv/bin/python -m pip install a", "pip install a"},
	{"pypy3 -m pip install a", "pip install a"},
	{"python -c 'import pip' -m pip install", "python -c \"import pip\" -m pip install"},
	{"python setup.py -m pip", "setup.py -m pip"},
	{"python3 -u manage.py lms pull", "manage.py lms pull"},
	{"python $X.py a", "python <$X.py> a"},
	{"python -m", "python -m"},
	{"python", "python"},
	{"python-config -m pip", "python-config -m pip"},
	{"ruby -S gem install a", "gem install a"},
	{"uv run pip install a", "uv run pip install a ; pip install a"},
	{"uv run --with x -p 3.12 pip install a", "uv run --with x -p 3.12 pip install a ; pip install a"},
	{"uv --project x run pip install a", "uv --project x run pip install a ; pip install a"},
	{"uv run -m pip install a", "uv run -m pip install a ; pip install a"},
	{"uv run", "uv run"},
	{"uv pip install a", "uv pip install a"},
	{"uv tool run a", "uv tool run a"},
	{"bundle exec rake a", "rake a"},
	{"bundle install", "bundle install"},
	{"bundle exec", ""},
	{"poetry run pip install a", "pip install a"},
	{"poetry -C x run pip install a", "pip install a"},
	{"poetry install", "poetry install"},
	{"pipenv run pip install a", "pip install a"},
	{"pdm run a", "a"},
	{"pyenv exec pip install a", "pip install a"},
	{"rbenv exec gem install a", "gem install a"},
	{"conda run -n env pip install a", "pip install a"},
	{"conda run --no-capture-output -n env pip install a", "pip install a"},
	{"conda run -p /x pip install a", "pip install a"},
	{"conda install a", "conda install a"},
	{"mamba run -n env pip install a", "pip install a"},
	{"micromamba run -n env pip install a", "pip install a"},
	{"corepack yarn install", "yarn install"},
	{"corepack yarn@1.22.22 install", "yarn install"},
	{"corepack pnpm install", "pnpm install"},
	{"corepack enable", "corepack enable"},
	{"trap 'a b' EXIT", "a b"},
	{"trap - EXIT", ""},
	{"trap", ""},
	{"A=1 nice timeout 60 sudo -E env B=2 sh -c 'pip install'", "pip install {raised, A=1, B=2}"},
	{"sudo $OPTIONS pip install", "<$OPTIONS> pip install {sudo without -E, raised}"},
	{"timeout $T pip install", "pip install"},
	{"DEBIAN_FRONTEND=noninteractive apt-get install -y a", "apt-get install -y a {DEBIAN_FRONTEND=noninteractive}"},
}

// Shells that are given a script.
var shellsInShells = [][2]string{
	{"sh -c 'pip install a'", "pip install a"},
	{"sh -c \"pip install a\"", "pip install a"},
	{"sh -c pip\\ install", "pip install"},
	{"sh -c pip install", "pip"},
	{"bash -lc 'pip install a'", "pip install a"},
	{"bash -euxo pipefail -c 'pip install a'", "pip install a"},
	{"bash -ceuxo pipefail 'pip install a'", "pip install a"},
	{"bash -o pipefail -o errexit -c 'pip install a'", "pip install a"},
	{"bash +x -c 'pip install a'", "pip install a"},
	{"bash --login -c 'pip install a'", "pip install a"},
	{"bash --rcfile x -c 'pip install a'", "pip install a"},
	{"bash -c -- 'pip install a'", "pip install a"},
	{"/bin/dash -c 'a; b'", "a ; b"},
	{"zsh -c 'a; b'", "a ; b"},
	{"sh -c", ""},
	{"sh script.sh", "script.sh"},
	{"sh -e ./gradlew tasks", "./gradlew tasks"},
	{"sh $X.sh", "sh <$X.sh>"},
	{"sh -c \"$SCRIPT\"", "pip install a ; pip install b"},
	{"sh -c \"$UNKNOWN\"", "<$UNKNOWN>"},
	{"sh -c \"$(a)\"", "a ; <$…>"},
	{"sh -c 'sh -c \"sh -c \\\"pip install a\\\"\"'", "pip install a"},
	{"sh -c \"sh -c 'pip install $PIP'\"", "pip install pip"},
	{"sh -c 'pip install $PIP'", "pip install pip"},
	{"sh -c 'pip install $UNKNOWN'", "pip install <$UNKNOWN>"},
	{"sh -c \"pip install $UNKNOWN\"", "pip install <$UNKNOWN>"},
	{"sh -c \"pip install '$UNKNOWN'\"", "pip install <$UNKNOWN>"},
	{"sh -c \"pip install '$PIP'\"", "pip install pip"},
	{"sh -c \"pip install '$PACKAGES'\"", "pip install \"a  b\""},
	{"sh -c \"pip install $PACKAGES\"", "pip install a b"},
	{"sh -c \"pip install '$(a)'\"", "a ; pip install <$…>"},
	{"sh -c \"echo don\\'t; pip install $UNKNOWN\"", "echo \"don't\" ; pip install <$UNKNOWN>"},
	{"sh -c 'pip install '\"'$UNKNOWN'\"", "pip install <$UNKNOWN>"},
	{"sh -c \"pip install \\$PIP\"", "pip install pip"},
	{"sh -c \"A=1; pip install \\$A\"", "pip install 1 {A=1}"},
	{"A=1; sh -c \"pip install $A\"", "pip install 1 {A=1}"},
	{"A=$(x); sh -c \"pip install $A\"", "x ; pip install <$A> {A=<$(…)>}"},
	{"sh -c \"~/bin/pip install ~\"", "<$HOME/bin/pip> install <$HOME>"},
	{"sh -c \"pip install \\\"a b\\\"\"", "pip install \"a b\""},
	{"sh -c \"pip install ${UNKNOWN:+x}\"", "pip install <$UNKNOWN>"},
	{"sh -c 'A=1'; pip install $A", "pip install <$A>"},
	{"sh -c \"if\"", "<$(if)>"},
	{"eval pip install a", "pip install a"},
	{"eval \"pip install a\" b", "pip install a b"},
	{"eval \"$PIP_COMMAND install\"", "uv pip install"},
	{"eval \"$(ssh-agent -s)\"", "ssh-agent -s ; <$…>"},
	{"eval 'A=1'; pip install $A", "pip install 1 {A=1}"},
	{"eval \"export PIP=pip3\" && $PIP install", "pip3 install {PIP=pip3}"},
	{"eval", ""},
}

var heredocs = [][2]string{
	{"bash <<EOF\npip install a\nEOF", "pip install a"},
	{"bash <<EOF\npip install $PIP $UNKNOWN\nEOF", "pip install pip <$UNKNOWN>"},
	{"bash <<EOF\nA=1\npip install \\$A\nEOF", "pip install 1 {A=1}"},
	{"bash <<EOF\nA=1\npip install $A\nEOF", "pip install <$A> {A=1}"},
	{"bash <<EOF\npip install \"a b\" \\\"c\\\" \\\\d\nEOF", "pip install \"a b\" \"\\\"c\\\"\" d"},
	{"bash <<EOF\npip install \\\n  a\nEOF", "pip install a"},
	{"bash <<EOF\npip install $(b)\nEOF", "b ; pip install <$…>"},
	{"bash <<'EOF'\npip install $PIP \\$PIP\nEOF", "pip install pip \"$PIP\""},
	{"bash <<'EOF'\nA=1\npip install $A\nEOF", "pip install 1 {A=1}"},
	{"bash <<'EOF'\npip install \\\n  a\nEOF", "pip install a"},
	{"bash <<\"EOF\"\npip install '$A'\nEOF", "pip install \"$A\""},
	{"bash <<\\EOF\npip install $(b)\nEOF", "b ; pip install <$(…)>"},
	{"bash <<'EOF'\n~/bin/pip install\nEOF", "<$HOME/bin/pip> install"},
	{"bash <<-EOF\n\tpip install a\n\tEOF", "pip install a"},
	{"bash -s -- -y <<EOF\npip install a\nEOF", "pip install a"},
	{"bash - <<EOF\npip install a\nEOF", "pip install a"},
	{"bash -eux <<EOF\npip install a\nEOF", "pip install a"},
	{"bash script.sh <<EOF\npip install a\nEOF", "script.sh"},
	{"sudo -E bash <<EOF\npip install a\nEOF", "pip install a {raised}"},
	{"bash <<EOF && c\npip install a\nEOF", "pip install a ; c"},
	{"cat <<EOF | sh\npip install $PIP\nEOF", "pip install pip"},
	{"cat <<'EOF' | bash -eux -s\npip install a\nEOF", "pip install a"},
	{"cat - <<EOF | sh\npip install a\nEOF", "cat -"},
	{"cat <<EOF | sh -c 'b'\npip install a\nEOF", "cat ; b"},
	{"cat <<EOF | sh -o errexit\npip install a\nEOF", "cat"},
	{"cat <<EOF | sh > log\npip install a\nEOF", "cat"},
	{"cat <<EOF | grep a\npip install a\nEOF", "cat ; grep a"},
	{"bash <<< 'pip install a'", "pip install a"},
	{"bash <<< \"$PIP install '$UNKNOWN'\"", "pip install <$UNKNOWN>"},
	{"python3 <<EOF\nimport os\npip install a\nEOF", "python3"},
	{"python3 - <<EOF\nos.system('pip install a')\nEOF", "python3 -"},
	{"cat > x <<EOF\npip install a\nEOF", "cat"},
	{"cat > x <<EOF\n$(pip install a)\nEOF", "pip install a ; cat"},
	{"cat > x <<'EOF'\n$(pip install a)\nEOF", "cat"},
	{"bash <<EOF\nif\nEOF", "<$(if\n)>"},
}

// Expansion, splitting, quoting.
var words = [][2]string{
	{"$PIP_COMMAND install a", "uv pip install a"},
	{"${PIP_COMMAND} install a", "uv pip install a"},
	{"\"$PIP_COMMAND\" install a", "\"uv pip\" install a"},
	{"\"$PIP_COMMAND install\" a", "\"uv pip install\" a"},
	{"$UNKNOWN install a", "<$UNKNOWN> install a"},
	{"$DIR/bin/pip install", "/openedx/bin/pip install"},
	{"$UNKNOWN/bin/pip install", "<$UNKNOWN/bin/pip> install"},
	{"pip install $PACKAGES", "pip install a b"},
	{"pip install \"$PACKAGES\"", "pip install \"a  b\""},
	{"pip install x$PACKAGES'y z'", "pip install xa \"by z\""},
	{"pip $EMPTY install", "pip install"},
	{"pip \"$EMPTY\" install", "pip \"\" install"},
	{"pip $EMPTY$BLANKS install", "pip install"},
	{"pip '' \"\" install", "pip \"\" \"\" install"},
	{"$EMPTY", ""},
	{"$EMPTY pip install", "pip install"},
	{"pip $GONE install", "pip install"},
	{"pip install 'a b' \"c d\" e\\ f", "pip install \"a b\" \"c d\" \"e f\""},
	{"p'i'p\"\" ins\\tall", "pip install"},
	{"\\pip install", "pip install"},
	{"pip install '$PIP'", "pip install \"$PIP\""},
	{"pip install \\$PIP", "pip install \"$PIP\""},
	{"pip install \"\\$PIP\"", "pip install \"$PIP\""},
	{"pip install $'a\\tb'", "pip install \"a\\tb\""},
	{"pip install $\"a\"", "pip install a"},
	{"pip install \"it's\" $QUOTE", "pip install \"it's\" \"it's\""},
	{"pip install *.txt $STAR", "pip install *.txt *.txt"},
	{"pip install a[extra]", "pip install a[extra]"},
	{"pip install 'a>=1' a\\>2", "pip install \"a>=1\" \"a>2\""},
	{"pip install ${X:-d}", "pip install <$X>"},
	{"pip install ${GONE:-d}", "pip install d"},
	{"pip install ${GONE-d} ${EMPTY-d} ${EMPTY:-d}", "pip install d d"},
	{"pip install ${PIP:-d}", "pip install pip"},
	{"pip install ${GONE:-$UNKNOWN}", "pip install <$UNKNOWN>"},
	{"pip install ${GONE:-${UNKNOWN:+y}}", "pip install <$UNKNOWN>"},
	{"pip install ${GONE:-a b}", "pip install a b"},
	{"pip install ${X:+y}", "pip install <$X>"},
	{"pip install ${X+y}", "pip install <$X>"},
	{"pip install ${PIP:+y}", "pip install y"},
	{"pip install ${GONE:+y}", "pip install"},
	{"pip install ${GONE:=d} $GONE", "pip install d d {GONE=d}"},
	{"pip install ${PIP:?no}", "pip install pip"},
	{"pip install ${GONE:?no}", "pip install <${GONE:?no}>"},
	{"git clone ${URL%.git}", "git clone https://github.com/o/r"},
	{"git clone ${X%.git}", "git clone <$X>"},
	{"git clone ${URL##*/}", "git clone r.git"},
	{"git clone ${URL%$UNKNOWN}", "git clone <$(…)>"},
	{"git clone ${URL/github.com/mirror}", "git clone https://mirror/o/r.git"},
	{"a ${#PIP} ${#X}", "a 3 <$X>"},
	{"a ${PIP^^} ${X^^}", "a PIP <$X>"},
	{"a ${PIP:0:2} ${X:1:1} ${PIP:X}", "a pi <$X> <$(…)>"},
	{"a ${X//[^0-9]/}", "a <$X>"},
	{"a ${X%%[!0-9]*}", "a <$X>"},
	{"a ${!NAME}", "a pip"},
	{"a ${!PI*}", "a <$(…)>"},
	{"a ${A[0]} ${A[@]}", "a <$A> <$A>"},
	{"a $((1 + 2)) $((N + 1)) $(($N * 2))", "a 3 4 6"},
	{"a $((X + 1)) x$(($X * 2))", "a <$(…)> <x$(…)>"},
	{"a $(( $(b) ))", "b ; a <$(…)>"},
	{"a ~ ~/x ~app/x x~", "a <$HOME> <$HOME/x> <$HOME app/x> x~"},
	{"a \"~\" '~'/x", "a ~ ~/x"},
	{"a {b,c} x{1,2}y", "a b c x1y x2y"},
	{"a {1..3}", "a <{1..3}>"},
	{"a x{a..z}", "a <x{a..z}>"},
	{"a {} { } {a} '{b,c}'", "a {} { } {a} \"{b,c}\""},
	{"a {1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}", "a <{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}>"},
	{"a $? $# $$ $! $- $0", "a <$?> <$#> <$$> <$!> <$-> <$0>"},
	{"a $1 \"$2\" ${10}", "a <$1> <$2> <$10>"},
	{"a $@ \"$*\"", "a <$@> <$*>"},
	{"a $PWD/x", "a <$PWD/x>"},
	{"a +(b)", "a <+(b)>"},
	{"a --registry=$X --url=\"$Y\"", "a <--registry=$X> <--url=$Y>"},
	{"a \x02b c\x03", "a <$b> <c>"},
}

// Assignments.
var variables = [][2]string{
	{"A=1; a $A", "a 1 {A=1}"},
	{"A=1 a $A", "a <$A> {A=1}"},
	{"A=1 B=$A a", "a {A=1, B=1}"},
	{"A=1 a; a $A", "a {A=1} ; a <$A>"},
	{"A=; a $A", "a {A=\"\"}"},
	{"A='x y'; a $A", "a x y {A=\"x y\"}"},
	{"A=$PIP_COMMAND; $A install", "uv pip install {A=\"uv pip\"}"},
	{"PIP=pip3; $PIP install", "pip3 install {PIP=pip3}"},
	{"export PIP=pip3 && $PIP install", "pip3 install {PIP=pip3}"},
	{"export \"PIP=pip3\"; $PIP install", "pip3 install {PIP=pip3}"},
	{"export PIP; $PIP install", "pip install"},
	{"\\export PIP=pip3; $PIP install", "export PIP=pip3 ; pip3 install {PIP=pip3}"},
	{"declare -x PIP=pip3; $PIP install", "pip3 install {PIP=pip3}"},
	{"readonly PIP=pip3; $PIP install", "pip3 install {PIP=pip3}"},
	{"A+=1; a $A", "a <$A> {A=<$A>}"},
	{"A=(1 2); a $A", "a <$A> {A=<$A>}"},
	{"A=$(b); a $A", "b ; a <$A> {A=<$(…)>}"},
	{"A=https://h/$V; a $A", "a <https://h/$V> {A=<https://h/$V>}"},
	{"A=https://h/$(b).gz; B=$A; a x$B", "b ; a <xhttps://h/$(…).gz> {A=<https://h/$(…).gz>, B=<https://h/$(…).gz>}"},
	{"A=1; A=$A$A; a $A", "a 11 {A=11}"},
	{"if x; then PIP=pip3; fi; $PIP install", "x ; <$PIP> install {PIP=<$PIP>}"},
	{"if x; then PIP=pip3; $PIP a; fi; $PIP install", "x ; pip3 a {PIP=pip3} ; <$PIP> install {PIP=<$PIP>}"},
	{"if x; then PIP=a; else PIP=b; fi; $PIP install", "x ; <$PIP> install {PIP=<$PIP>}"},
	{"A=1; if x; then A=1; fi; a $A", "x {A=1} ; a 1 {A=1}"},
	{"case x in x) PIP=pip3;; esac; $PIP install", "<$PIP> install {PIP=<$PIP>}"},
	{"while x; do PIP=pip3; done; $PIP install", "x ; <$PIP> install {PIP=<$PIP>}"},
	{"for PIP in a b; do :; done; $PIP install", ": {PIP=<$PIP>} ; <$PIP> install {PIP=<$PIP>}"},
	{"(PIP=pip3; $PIP a); $PIP install", "pip3 a {PIP=pip3} ; pip install"},
	{"{ PIP=pip3; }; $PIP install", "pip3 install {PIP=pip3}"},
	{"PIP=pip3 | x; $PIP install", "x ; pip install"},
	{"PIP=pip3 & $PIP install", "pip install"},
	{"x || PIP=pip3; $PIP install", "x ; <$PIP> install {PIP=<$PIP>}"},
	{"x && PIP=pip3; $PIP install", "x ; <$PIP> install {PIP=<$PIP>}"},
	{"x && PIP=pip3 && $PIP install", "x ; pip3 install {PIP=pip3}"},
	{"x && PIP=pip3 && y || $PIP install", "x ; y {PIP=pip3} ; <$PIP> install {PIP=<$PIP>}"},
	{"f() { PIP=pip3; }; f; $PIP install", "f {PIP=<$PIP>} ; <$PIP> install {PIP=<$PIP>}"},
	{"$(PIP=pip3); $PIP install", "<$(…)> ; pip install"},
	{"read PIP; $PIP install", "read PIP ; <$PIP> install {PIP=<$PIP>}"},
	{"echo x | while read -r PIP; do $PIP install; done", "echo x ; read -r PIP ; <$PIP> install {PIP=<$PIP>}"},
	{"unset PIP; $PIP install", "unset PIP ; install {-PIP}"},
	{"unset PIP; pip install ${PIP:-x}", "unset PIP ; pip install x {-PIP}"},
	{"unset -f PIP; $PIP install", "unset -f PIP ; pip install"},
	{"unset PIP; PIP=a; $PIP install", "unset PIP ; a install {PIP=a}"},
	{"if x; then unset PIP; fi; $PIP install", "x ; unset PIP ; <$PIP> install {PIP=<$PIP>}"},
	{": ${GONE:=1}; a $GONE", ": 1 {GONE=1} ; a 1 {GONE=1}"},
	{"IFS=,; A=1,2; a $A", "a 1 2 {A=\"1,2\", IFS=\",\"}"},
	{"IFS=$X; a $PACKAGES", "a a b {IFS=<$X>}"},
	{"A=a\\ b; a \"$A\" $A", "a \"a b\" a b {A=\"a b\"}"},
	{"A=\\$PIP; a $A", "a \"$PIP\" {A=\"$PIP\"}"},
}

// Functions that run the command they are given.
var functions = [][2]string{
	{`retry() { "$@" || "$@"; }; retry apt-get update`, "apt-get update"},
	{`retry() { $@; }; retry apt-get update`, "apt-get update"},
	{`retry() { "${@}"; }; retry apt-get update`, "apt-get update"},
	{`retry() { "$*"; }; retry apt-get update`, "apt-get update"},
	{`retry() { $*; }; retry apt-get update`, "apt-get update"},
	{`retry() { until "$@"; do sleep 1; done; }; retry apt-get update; retry pip install a`, "sleep 1 ; apt-get update ; pip install a"},
	{`function retry { local n=0; if "$@"; then return; fi; }; retry apt-get update`, "return {n=0} ; apt-get update {n=0}"},
	{`retry() ( "$@" ); retry apt-get update`, "apt-get update"},
	{`retry() { timeout 60 "$@"; }; retry apt-get update`, "apt-get update"},
	{`root() { sudo "$@"; }; X=1 root apt-get update`, "apt-get update {sudo without -E, raised}"},
	{`root() { sudo -E "$@"; }; X=1 root apt-get update`, "apt-get update {raised, X=1}"},
	{`in() { chroot /x "$@"; }; in apt-get update`, "apt-get update {@chroot}"},
	{`direct() { http_proxy= "$@"; }; A=1; direct apt-get update`, "apt-get update {A=1, http_proxy=\"\"}"},
	{`without() { env -u X "$@"; }; without apt-get update`, "apt-get update {-X}"},
	{`retry() { "$@"; }; retry sudo apt-get update`, "apt-get update {sudo without -E, raised}"},
	{`retry() { "$@"; }; retry sh -c 'a && b'`, "a ; b"},
	{`retry() { "$@"; }; retry bash <<EOF` + "\na\nEOF", "a"},
	{`retry() { "$@"; }; retry $PIP_COMMAND install`, "uv pip install"},
	{`retry() { "$@" --quiet; }; retry pip install`, "pip install --quiet"},
	{`retry() { "$@"; }; retry`, ""},
	{`retry() { "$@"; }; x && retry pip install || exit 1`, "x ; pip install ; exit 1"},
	{`retry() { "$@"; }; twice() { retry "$@"; retry "$@"; }; twice pip install`, "pip install"},
	{`main() { retry pip install; }; retry() { "$@"; }; main`, "pip install ; main"},
	{`retry() { eval "$@"; }; retry "pip install a && b"`, "pip install a ; b"},
	{`retry() { eval "$*"; }; retry pip install a`, "pip install a"},
	{`retry() { shift; "$@"; }; retry 5 pip install`, "shift ; <$@> ; <$retry> 5 pip install"},
	{`pip() { python3 -m pip "$@"; }; pip install a`, "pip <$@> ; pip install a"},
	{`f() { g() { "$@"; }; }; g pip install`, "pip install"},
	{`f() { "$@"; }; f() { a; }; f pip install`, "a ; f pip install"},
	{`f() { sh -c '"$@"'; }; f pip install`, "<$@> ; f pip install"},
	{`f() { f "$@"; }; f pip install`, "f <$@> ; f pip install"},
	{`f() { "$@"; f "$@"; }; f pip install`, "pip install"},
	{`f() { "${@:2}"; }; f 5 pip install`, "<$@> ; f 5 pip install"},
	{`"$@"`, "<$@>"},
}

func TestParseError(t *testing.T) {
	for _, script := range []string{"if", "a 'b", "a \"b", "a $(b", "a && ", "( a", "case x in", "a ${", "f() {", "a ;; b"} {
		if s, err := Parse(script, lookup); err == nil {
			t.Errorf("%q: no error, but %s", script, describe(s))
		}
	}
}

func TestParseExec(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"apt-get", "install", "-y", "a b"}, `apt-get install -y "a b"`},
		{[]string{"pip", "install", "$PIP", "*", ""}, `pip install "$PIP" * ""`},
		{[]string{"sh", "-c", "pip install $PIP && b"}, "pip install pip ; b"},
		{[]string{"/bin/bash", "-euxo", "pipefail", "-c", "pip install $PIP"}, "pip install pip"},
		{[]string{"sudo", "apt-get", "update"}, "apt-get update {sudo without -E, raised}"},
		{[]string{"env", "A=$PIP", "pip", "install"}, `pip install {A="$PIP"}`},
		{[]string{"python3", "-m", "pip", "install"}, "pip install"},
		{[]string{"sh", "-c", "if"}, "<$(if)>"},
		{[]string{"$@"}, `"$@"`},
	} {
		if got := describe(ParseExec(test.args, lookup)); got != test.want {
			t.Errorf("%q\ngot:  %s\nwant: %s", test.args, got, test.want)
		}
	}
}

func TestVariable(t *testing.T) {
	for _, test := range []struct{ word, want string }{
		{"$X", "X"},
		{"${X}", "X"},
		{"\"$X\"", "X"},
		{"--registry=$X", "--registry= X"},
		{"--registry=\"${X}\"", "--registry= X"},
		{"\"--registry=$X\"", "--registry= X"},
		{"--registry=$PIP", "--registry= PIP"},
		{"$X/", ""},
		{"$X$X", ""},
		{"'$X'", ""},
		{"${X:-d}", ""},
		{"${X%/}", ""},
		{"${#X}", ""},
		{"${!X}", ""},
		{"$(a)", ""},
		{"plain", ""},
		{"$PACKAGES", ""}, // two words
	} {
		for _, script := range []string{"npm " + test.word, "sh -c \"npm " + strings.ReplaceAll(test.word, `"`, `\"`) + "\"", "eval npm " + test.word} {
			s, err := Parse(script, lookup)
			if err != nil {
				t.Fatal(err)
			}
			c := s.Commands[len(s.Commands)-1]
			w := c.Words[1]
			if got := strings.TrimSpace(w.Prefix + " " + w.Variable); got != test.want && !strings.Contains(script, `'$X'`) {
				t.Errorf("%s: %q, want %q", script, got, test.want)
			}
		}
	}
}

func TestUses(t *testing.T) {
	for _, test := range []struct {
		script string
		want   int
	}{
		{"a", 0},
		{"a '$X' \\$X \"\\$X\" # $X", 0},
		{"a $X", 1},
		{"a ${X:-d} \"$X\"", 2},
		{"a ${Y:-$X}", 1},
		{"a $(b $X)", 1},
		{"a \"$(b $X `c $X`)\"", 2},
		{"A=$X", 1},
		{"A=$X a $X", 2},
		{"A=($X $X)", 2},
		{"export A=$X", 1},
		{"export \"A=$X\"", 1},
		{"a > $X", 1},
		{"cat <<EOF\n$X\nEOF", 1},
		{"cat <<'EOF'\n$X\nEOF", 0},
		{"cat <<< $X", 1},
		{"bash <<EOF\nnpm $X\nEOF", 1},
		{"bash <<'EOF'\nnpm $X\nEOF", 1},
		{"bash <<< \"npm $X\"", 1},
		{"for x in $X; do a; done", 1},
		{"for x in $X $X; do a; done", 2},
		{"case $X in $X) a;; esac", 2},
		{"if [ $X ]; then a $X; fi", 2},
		{"[[ $X == $X ]] && a", 2},
		{"a $((X)) $(($X))", 1},
		{"(($X))", 1},
		{"sh -c \"a $X\"", 1},
		{"sh -c 'a $X'", 1},
		{"sh -c \"a '$X'\"", 1},
		{"sh -c \"sh -c 'a $X'\"", 1},
		{"sh -c \"sh -c \\\"a \\$X\\\"\"", 1},
		{"eval \"a $X\"", 1},
		{"f() { a $X; }; f", 1},
		{"f() { \"$@\"; }; f a $X", 1},
		{"a <(b $X) ${!X}", 2},
	} {
		s, err := Parse(test.script, lookup)
		if err != nil {
			t.Errorf("%s: %v", test.script, err)
		} else if got := s.Uses["X"]; got != test.want {
			t.Errorf("%s: %d, want %d", test.script, got, test.want)
		}
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"pip  install   a", "pip install a"},
		{"pip install 'a b' \"\"", "pip install 'a b' ''"},
		{"pip install 'a>=1'", "pip install 'a>=1'"},
		{"pip install \"it's\"", `pip install "it's"`},
		{"pip install '$X'", "pip install '$X'"},
		{"pip install 'a(b)'", "pip install 'a(b)'"},
		{"pip install $X", "pip install $X"},
		{"pip install \"$X\"/y", "pip install $X/y"},
		{"pip install $(a)", "pip install $(…)"},
		{"curl -H \"Authorization: $X\" h", `curl -H "Authorization: $X" h`},
		{"curl -H \"a \\\"$X\\\"\" h", `curl -H "a \"$X\"" h`},
		{"pip install *.txt", "pip install '*.txt'"},
		{"pip install a\\#b", "pip install 'a#b'"},
		{"a $'\\a\\e[1m\\n'", `a $'\a\x1b[1m\n'`},
		{"A=1 sudo pip install", "pip install"},
		{"a ünïcode", "a ünïcode"},
		{"a --x=y {} ~", "a --x=y {} $HOME"},
	} {
		s, err := Parse(test.script, lookup)
		if err != nil {
			t.Errorf("%s: %v", test.script, err)
		} else if got := s.Commands[len(s.Commands)-1].Text(); got != test.want {
			t.Errorf("%s\ngot:  %s\nwant: %s", test.script, got, test.want)
		}
	}
}

// A value that doubles itself must not take all the memory there is.
func TestDoubling(t *testing.T) {
	for _, first := range []string{"aaaaaaaa", "$X"} {
		s, err := Parse("A="+first+"; "+strings.Repeat("A=$A$A;", 64)+"a $A", lookup)
		if err != nil || len(s.Commands) != 1 || len(s.Commands[0].Text()) > 2*maxValue || !s.Commands[0].Words[1].Holes {
			t.Errorf("%s: %v, %v", first, s, err)
		}
	}
}

func TestDepth(t *testing.T) {
	script := "pip install a"
	for range 7 {
		script = fmt.Sprintf("sh -c %s", strconv.Quote(script))
	}
	if s, err := Parse(script, lookup); err != nil || describe(s) != "pip install a" {
		t.Errorf("seven shells: %v, %v", s, err)
	}
	script = fmt.Sprintf("sh -c %s", strconv.Quote(fmt.Sprintf("sh -c %s", strconv.Quote(script))))
	if s, err := Parse(script, lookup); err != nil || len(s.Commands) != 1 || !s.Commands[0].Words[0].Holes {
		t.Errorf("nine shells: %v, %v", s, err)
	}
}
