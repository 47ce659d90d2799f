// Prepare writes rules/builtin.json: go generate ./rules.
package main

import (
	"fmt"
	"os"

	"github.com/tplproxy/tplproxy/rules"
)

func main() {
	text, err := rules.Prepared()
	if err == nil {
		err = os.WriteFile("builtin.json", text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "prepare:", err)
		os.Exit(1)
	}
}
