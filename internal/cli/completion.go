package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

func runCompletion(a *app, _ *options, args []string) (int, error) {
	if len(args) != 1 {
		return exitWrong, fmt.Errorf("tplproxy completion: name a shell: bash, zsh or fish")
	}
	switch args[0] {
	case "bash":
		a.completeBash()
	case "zsh":
		// zsh runs bash's completions.
		fmt.Fprint(a.Out, "#compdef tplproxy\nautoload -U +X bashcompinit && bashcompinit\n")
		a.completeBash()
	case "fish":
		a.completeFish()
	default:
		return exitWrong, fmt.Errorf("tplproxy completion: there is no completion for %s; there are bash, zsh and fish", args[0])
	}
	return exitDone, nil
}

// words are what completes an argument of a command besides paths.
func words(c command) string {
	switch c.name {
	case "help":
		return strings.Join(names(), " ")
	case "completion":
		return "bash zsh fish"
	}
	return ""
}

func (a *app) completeBash() {
	fmt.Fprintf(a.Out, `_tplproxy() {
    local cur=${COMP_WORDS[COMP_CWORD]}
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W "%s" -- "$cur"))
        return
    fi
    local words=
    case ${COMP_WORDS[1]} in
`, strings.Join(names(), " "))
	for _, c := range commands() {
		var flags []string
		flagSet(c, &options{}).VisitAll(func(f *pflag.Flag) { flags = append(flags, "--"+f.Name) })
		fmt.Fprintf(a.Out, "        %s) words=%q ;;\n", c.name, strings.TrimSpace(strings.Join(flags, " ")+" "+words(c)))
	}
	fmt.Fprint(a.Out, `    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    case $cur in
        -*) ;;
        *)
            local IFS=$'\n' # a name may hold a blank
            COMPREPLY+=($(compgen -f -- "$cur"))
            ;;
    esac
}
complete -o filenames -F _tplproxy tplproxy
`)
}

func (a *app) completeFish() {
	for _, c := range commands() {
		fmt.Fprintf(a.Out, "complete -c tplproxy -n __fish_use_subcommand -f -a %s -d %q\n", c.name, c.about)
		flagSet(c, &options{}).VisitAll(func(f *pflag.Flag) {
			short, value := "", ""
			if f.Shorthand != "" {
				short = " -s " + f.Shorthand
			}
			if f.NoOptDefVal == "" {
				value = " -r"
			}
			_, usage := pflag.UnquoteUsage(f)
			fmt.Fprintf(a.Out, "complete -c tplproxy -n '__fish_seen_subcommand_from %s' -l %s%s%s -d %q\n", c.name, f.Name, short, value, usage)
		})
		if w := words(c); w != "" {
			fmt.Fprintf(a.Out, "complete -c tplproxy -n '__fish_seen_subcommand_from %s' -f -a %q\n", c.name, w)
		}
	}
}
