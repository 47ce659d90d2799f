//go:build !windows

package cli

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// A staged file is written in full and not yet in its place.
type staged struct{ file *renameio.PendingFile }

// stage writes a file beside the one that it is to replace, with the
// permissions and the owner of that.
func stage(path string, content []byte, mode fs.FileMode) (*staged, error) {
	file, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(mode), renameio.WithExistingPermissions())
	if err != nil {
		return nil, err
	}
	s := &staged{file}
	if info, err := os.Stat(path); err == nil {
		if err := keepOwner(file.File, info); err != nil {
			s.discard()
			return nil, err
		}
	}
	if _, err := file.Write(content); err != nil {
		s.discard()
		return nil, err
	}
	return s, nil
}

// commit puts the file in its place, in one step.
func (s *staged) commit() error { return s.file.CloseAtomicallyReplace() }

// discard removes the file, unless it is in its place.
func (s *staged) discard() { s.file.Cleanup() }

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
