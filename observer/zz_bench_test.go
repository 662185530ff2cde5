package observer
import ("testing";"os";"golang.org/x/sys/unix";"strconv")
func BenchmarkZ(b *testing.B) {
	m := newMachine("")
	pids, _ := m.pids()
	buffer := make([]byte, 4096)
	b.Run("findFile", func(b *testing.B){ for b.Loop() { for _, p := range pids { m.findFile(p, fileKey{1,1}) } } })
	b.Run("open", func(b *testing.B){ for b.Loop() { for _, p := range pids { fd, err := open(m.path(p,"fd"), unix.O_DIRECTORY); if err==nil {fd.close()} } } })
	b.Run("opendents", func(b *testing.B){ for b.Loop() { for _, p := range pids { fd, err := open(m.path(p,"fd"), unix.O_DIRECTORY); if err==nil {
		for { n, err := unix.ReadDirent(int(fd), buffer); if n<=0||err!=nil {break} }
	fd.close()} } } })
	b.Run("readlinkexe", func(b *testing.B){ for b.Loop() { for _, p := range pids { os.Readlink(m.path(p,"exe")) } } })
	b.Run("stat", func(b *testing.B){ for b.Loop() { for _, p := range pids { m.stat(p) } } })
	b.Run("words", func(b *testing.B){ for b.Loop() { for _, p := range pids { m.words(p) } } })
	b.Run("statfd", func(b *testing.B){ var s unix.Stat_t; for b.Loop() { for _, p := range pids { unix.Stat(m.path(p,"fd"), &s) } } })
	b.Run("blind", func(b *testing.B){ for b.Loop() { for _, p := range pids { for i:=0;i<8;i++ { m.hasFile(p, i, fileKey{1,1}) } } } })
	self := os.Getpid()
	b.Run("selfstatx", func(b *testing.B){ for b.Loop() { m.hasFile(self, 1, fileKey{1,1}) } })
	b.Run("selfreadlink", func(b *testing.B){ for b.Loop() { os.Readlink(m.path(self, "fd/"+strconv.Itoa(1))) } })
	fd, _ := open(m.path(self,"fd"), unix.O_DIRECTORY)
	b.Run("selfstatxat", func(b *testing.B){ for b.Loop() { isFile(int(fd), "1", fileKey{1,1}) } })
}
