package actuator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"github.com/stigmer/stigmer-local/reconciler/failpoint"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

// dirMode is the mode of folders that are made here.
const dirMode = 0o700

// start runs the launch and hands it the lock. The warning is what went wrong
// beside a child that runs.
func (a *Actuator) start(ctx context.Context, l plan.Launch) (id observed.Identity, warning, err error) {
	if err := a.enter(); err != nil {
		return id, nil, fmt.Errorf("cannot start %s: %w", l.Executable, err)
	}
	began := time.Now()
	pid, warning, err := a.launch(ctx, l)
	if err != nil {
		a.wg.Done()
		return id, nil, fmt.Errorf("cannot start %s: %w", filepath.Base(l.Executable), err)
	}
	failpoint.Reached("start/spawned")
	// Nobody has waited for the child yet, so the pid is still its own even if
	// it has ended.
	id, err = a.opts.Identifier.Identify(pid)
	if err != nil {
		id = observed.Identity{PID: pid}
		warning = errors.Join(warning, fmt.Errorf("cannot tell who pid %d is that was just started: %w", pid, err))
	}
	a.claim(id)
	record := record{pid: pid, command: l.Executable, started: began}
	if err := record.write(l.RecordPath); err != nil {
		warning = errors.Join(warning, err)
	}
	failpoint.Reached("start/recorded")
	go a.followChild(id)
	return id, warning, nil
}

// launch prepares the files and spawns. All of them are closed when it
// returns; the locks are closed and not unlocked, so the child keeps them, or
// they are released when there is none.
func (a *Actuator) launch(ctx context.Context, l plan.Launch) (pid int, warning, err error) {
	if !filepath.IsAbs(l.Executable) || len(l.Dirs) == 0 {
		return 0, nil, errors.New("the launch has no absolute executable or no working folder")
	}
	for _, dir := range l.Dirs {
		if err := os.MkdirAll(dir, dirMode); err != nil {
			return 0, nil, fmt.Errorf("cannot make folder %s: %w", dir, err)
		}
	}
	switch _, err := os.Lstat(l.NoEnvFile); {
	case err == nil:
		return 0, nil, fmt.Errorf("%s must not be there, because Temporal would take settings from it: remove it", l.NoEnvFile)
	case !errors.Is(err, fs.ErrNotExist):
		return 0, nil, fmt.Errorf("cannot tell whether Temporal would take settings from a file: %w", err)
	}
	lock, err := takeLock(ctx, l.LockPath)
	if err != nil {
		return 0, nil, err
	}
	defer lock.Close()
	failpoint.Reached("start/locked")
	locks := []*os.File{lock}
	if l.DatabasePath != "" {
		database, err := takeLock(ctx, databaseLock(l.DatabasePath))
		if err != nil {
			return 0, nil, err
		}
		defer database.Close()
		failpoint.Reached("start/database-locked")
		locks = append(locks, database)
	}
	log, warning, err := openLog(l.LogPath)
	if err != nil {
		return 0, nil, err
	}
	defer log.Close()
	// A child that cannot be watched cannot be reaped. This asks beforehand and
	// keeps a descriptor free for the child's own handle.
	reserve, err := openHandle(os.Getpid())
	if err != nil {
		return 0, nil, fmt.Errorf("cannot watch processes: %w", err)
	}
	defer reserve.close()
	forget, err := beginFirstBoot(l)
	if err != nil {
		return 0, nil, err
	}
	failpoint.Reached("start/marked")
	dir := l.Dirs[0]
	pid, err = spawn(l.Executable, l.Args, environment(a.opts.Env, l.Env, dir), dir, log, locks)
	if err != nil {
		err = errors.Join(err, forget())
	}
	return pid, warning, err
}
