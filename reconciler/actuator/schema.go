package actuator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/stigmer/stigmer-local/reconciler/database"
	"github.com/stigmer/stigmer-local/reconciler/plainfile"
	"github.com/stigmer/stigmer-local/reconciler/plan"
)

const (
	// learnTime bounds all that it takes to learn a schema. A first boot takes a
	// tenth of a second, on a busy machine with a slow disk some seconds.
	learnTime = time.Minute
	// learnGrace is how long the scratch server may take to end by itself. It
	// drains for 1.0 to 1.6 s.
	learnGrace = 10 * time.Second
	// learnPause is how long nothing is tried again after a failure. Whoever plans
	// asks at every look, and a server that fails is no light load.
	learnPause = 10 * time.Minute
)

// learnSchema begins to find out what the executable creates in a new database.
// A file that is there already was asked about because it cannot be used.
func (a *Actuator) learnSchema(action plan.Action) error {
	w := action.Database
	if _, err := plainfile.Exists(w.SchemaPath); err != nil {
		return err
	}
	if !filepath.IsAbs(w.Executable) {
		return fmt.Errorf("the executable %q is no absolute path", w.Executable)
	}
	return a.beside(action, job{
		key: w.SchemaPath, limit: learnTime, pause: learnPause,
		work: func(ctx context.Context) error { return a.learn(ctx, w) },
	})
}

// learn keeps one thread for as long as the scratch server lives: on Linux the
// kernel ends the server with the thread that started it, and so with this
// process, however that ends.
func (a *Actuator) learn(ctx context.Context, w plan.DatabaseWork) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := a.learnIn(ctx, w); err != nil {
		return fmt.Errorf("cannot find out what %s creates in a new database: %w", w.Build, err)
	}
	return nil
}

// learnIn runs the executable in a scratch folder until its database is complete,
// ends it, and writes down what is in the database.
func (a *Actuator) learnIn(ctx context.Context, w plan.DatabaseWork) (err error) {
	scratch, err := database.MakeScratch(filepath.Dir(w.SchemaPath))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	path := filepath.Join(scratch.Dir, "schema.db")
	if err := a.bootOnce(ctx, w.Executable, scratch.Dir, path); err != nil {
		return err
	}
	objects, err := database.Objects(ctx, path)
	if err != nil {
		return err
	}
	return database.WriteObjects(w.SchemaPath, objects)
}

// bootOnce runs a server with a new database at path until it serves, which it
// does after the schema is complete, and ends it. The database is not looked into
// before: a reader can make a commit of the first boot fail.
func (a *Actuator) bootOnce(ctx context.Context, executable, dir, path string) error {
	ports, err := freePorts(3)
	if err != nil {
		return err
	}
	args := []string{
		"server", "start-dev", "--output", "none", "--env-file", filepath.Join(dir, "no-env"), "--log-level", "warn",
		"--ip", "127.0.0.1", "--headless", "--db-filename", path,
		"--port", ports[0], "--http-port", ports[1], "--metrics-port", ports[2],
	}
	server, err := runScratch(executable, args, environment(a.opts.Env, nil, dir), dir)
	if err != nil {
		return err
	}
	if err := server.await(ctx, net.JoinHostPort("127.0.0.1", ports[0])); err != nil {
		_ = server.end(ctx) // the first failure is the cause
		return err
	}
	return server.end(ctx)
}

// freePorts returns ports of 127.0.0.1 that nobody listens on now. Somebody may
// take one before the server does; then it ends, and is run another time.
func freePorts(count int) ([]string, error) {
	ports := make([]string, count)
	for i := range ports {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("cannot find a free port: %w", err)
		}
		defer l.Close() // all are open until all are found, so that they differ
		ports[i] = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
