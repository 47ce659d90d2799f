package filters

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/flosch/pongo2/v6"
)

// The functions of the context that a translated template calls.
const (
	functionPrefix  = "tplproxy_"
	urlPartFunction = functionPrefix + "url_part"
	limitFunction   = functionPrefix + "limit"
	countFunction   = functionPrefix + "count"
)

// A template is a few lines. These keep one that is not from taking all the memory
// or all the time there is, by doubling a text or nesting loops.
const (
	maxTemplate = 64 << 10 // bytes of a template
	maxValue    = 64 << 10 // characters, or items, of a value that {% set %} or {% with %} names
	maxResult   = 1 << 20  // bytes of a result, looked at when a loop turns
	maxTurns    = 10_000   // turns of all loops of a template together
)

// noFiles is a template loader that has no files.
type noFiles struct{}

func (noFiles) Abs(_, name string) string { return name }

func (noFiles) Get(string) (io.Reader, error) { return nil, errors.New("templates read no files") }

// compile gives a translated template to pongo2, in a set of its own. Autoescaping
// is turned off around it, not for the process.
func compile(text string) (compiled *pongo2.Template, err error) {
	defer recovered(&err)
	set := pongo2.NewSet("", noFiles{})
	// No translation holds one of these. Should that ever be wrong: ssi, for one,
	// does not ask the loader.
	for _, tag := range []string{"include", "ssi", "import", "extends"} {
		if err := set.BanTag(tag); err != nil {
			return nil, err
		}
	}
	return set.FromString(text)
}

const (
	autoescapeOff = "{% autoescape off %}"
	autoescapeEnd = "{% endautoescape %}"
)

// rendering is one execution of a template: the output so far, and what its
// functions remember.
type rendering struct {
	text   string
	output bytes.Buffer
	turns  int
	// failed is the first error of a function. pongo2 passes it on as text.
	failed *Error
}

// run executes the template with the given variables and the functions.
func (r *rendering) run(compiled *pongo2.Template, variables pongo2.Context) (err error) {
	defer recovered(&err)
	variables[urlPartFunction] = r.urlPart
	variables[limitFunction] = r.limit
	variables[countFunction] = r.count
	return compiled.ExecuteWriterUnbuffered(variables, &r.output)
}

func (r *rendering) urlPart(url, part *pongo2.Value, offset int) (string, error) {
	value, err := URLPart(url.String(), part.String())
	if err != nil {
		return "", r.fail(offset, "%s", err)
	}
	return value, nil
}

// limit returns the value, unless it is too long.
func (r *rendering) limit(value *pongo2.Value, offset int) (*pongo2.Value, error) {
	if value.CanSlice() && value.Len() > maxValue {
		return nil, r.fail(offset, "the value is longer than %d characters", maxValue)
	}
	return value, nil
}

// count is called at each turn of a loop, and renders nothing.
func (r *rendering) count(_, offset int) (string, error) {
	r.turns++
	if r.turns > maxTurns {
		return "", r.fail(offset, "the loops turn more than %d times", maxTurns)
	}
	if r.output.Len() > maxResult {
		return "", r.fail(offset, "the result is longer than %d bytes", maxResult)
	}
	return "", nil
}

func (r *rendering) fail(offset int, format string, values ...any) error {
	err := errorAt(r.text, offset, format, values...)
	if r.failed == nil {
		r.failed = err
	}
	return err
}

// recovered turns a panic into an error: pongo2 panics, for instance, on a division
// by zero.
func recovered(err *error) {
	if p := recover(); p != nil {
		reason := strings.TrimPrefix(fmt.Sprint(p), "runtime error: ")
		*err = fmt.Errorf("the template fails: %s", reason)
	}
}
