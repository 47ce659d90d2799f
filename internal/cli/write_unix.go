//go:build !windows

package cli

import (
	"os"
	"syscall"

	"github.com/google/renameio/v2"
)

// replace writes a file in one step, and keeps the mode and the owner of one
// that is there.
func replace(path string, content []byte) error {
	file, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	defer file.Cleanup()
	if info, err := os.Stat(path); err == nil {
		if err := keepOwner(file.File, info); err != nil {
			return err
		}
	}
	if _, err := file.Write(content); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

// keepOwner gives a new file the owner of the old one, where they differ.
func keepOwner(file *os.File, old os.FileInfo) error {
	want, ok := old.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if has, ok := info.Sys().(*syscall.Stat_t); ok && has.Uid == want.Uid && has.Gid == want.Gid {
		return nil
	}
	if err := file.Chown(int(want.Uid), int(want.Gid)); err != nil {
		return err
	}
	return file.Chmod(old.Mode().Perm()) // a change of owner may clear bits
}
