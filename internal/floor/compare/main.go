//go:build unix

// Compare runs two commands in turn, many times, and prints how long each
// took, the most memory it held, and the ratio of the times. See
// docs/performance.md.
//
//	compare -runs 40 -- FLOOR ARGUMENT… -- COMMAND ARGUMENT…
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	runs := flag.Int("runs", 40, "how often each command is run")
	flag.Parse()
	split := slices.Index(flag.Args(), "--")
	if *runs < 1 || split < 1 || split == flag.NArg()-1 {
		fmt.Fprintln(os.Stderr, "usage: compare [-runs N] -- FLOOR ARGUMENT… -- COMMAND ARGUMENT…")
		os.Exit(2)
	}
	if err := compare(*runs, flag.Args()[:split], flag.Args()[split+1:]); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// A series is what the runs of one command took.
type series struct {
	command []string
	times   []time.Duration
	peaks   []float64 // MiB
}

func compare(runs int, floor, command []string) error {
	both := []*series{{command: floor}, {command: command}}
	// The first run of each fills the file cache and does not count.
	for i := range runs + 1 {
		for _, s := range both {
			if err := s.run(i > 0); err != nil {
				return err
			}
		}
	}
	for _, s := range both {
		fmt.Printf("%8.1f ms (%.1f to %.1f)  %5.1f MiB  %s\n",
			ms(median(s.times)), ms(slices.Min(s.times)), ms(slices.Max(s.times)), slices.Max(s.peaks), strings.Join(s.command, " "))
	}
	fmt.Printf("ratio of the medians %.2f, of the fastest runs %.2f\n",
		ratio(median(both[1].times), median(both[0].times)), ratio(slices.Min(both[1].times), slices.Min(both[0].times)))
	return nil
}

// run runs the command once. Exit code 1 is fine: --check gives it where a
// rewrite would change something.
func (s *series) run(counts bool) error {
	cmd := exec.Command(s.command[0], s.command[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return fmt.Errorf("%s: %w\n%s", strings.Join(s.command, " "), err, stderr.String())
	}
	if counts {
		s.times = append(s.times, took)
		s.peaks = append(s.peaks, peak(cmd.ProcessState))
	}
	return nil
}

// peak is the most memory that a process held, in MiB.
func peak(state *os.ProcessState) float64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" { // in bytes there, in KiB elsewhere
		return float64(usage.Maxrss) / (1 << 20)
	}
	return float64(usage.Maxrss) / (1 << 10)
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
