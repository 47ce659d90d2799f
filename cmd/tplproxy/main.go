// Tplproxy sends the downloads of rendered Dockerfiles through pull-through
// cache proxies. See the README.
package main

import (
	"os"
	"runtime/debug"

	"golang.org/x/term"

	"github.com/tplproxy/tplproxy/internal/cli"
)

func main() {
	// It runs for milliseconds: a larger heap is cheaper than collecting it.
	debug.SetGCPercent(400)
	os.Exit(cli.Run(os.Args[1:], cli.Streams{
		In:       os.Stdin,
		Out:      os.Stdout,
		Err:      os.Stderr,
		Environ:  os.Environ(),
		Terminal: term.IsTerminal(int(os.Stdout.Fd())),
	}))
}
