package verify

import "testing"

func TestLeaks(t *testing.T) {
	const (
		starts = "package p\nfunc f() { go f() }\n"
		checks = "package p\nimport \"go.uber.org/goleak\"\nfunc TestMain(m *testing.M) { goleak.VerifyTestMain(m) }\n"
	)
	check(t, []sample{
		{"no goroutine", "a/a.go", "package p\nfunc f() {}\n", ""},
		{"a goroutine", "a/a.go", starts, "a/a.go:2: a goroutine is started, and no TestMain"},
		{"a goroutine of a test", "a/a_test.go", starts, "a goroutine is started"},
		{"a group", "a/a.go", "package p\nfunc f(g interface{ Go(func()) }) { g.Go(nil) }\n", "a goroutine is started"},
		{"checked", "a/a_test.go", checks + "func f() { go f() }\n", ""},
		{"checked outside TestMain", "a/a_test.go", "package p\nfunc TestX() { go goleak.VerifyNone() }\n", "no TestMain"},
		{"another TestMain", "a/a_test.go", "package p\nfunc TestMain(m *testing.M) { go m.Run() }\n", "no TestMain"},
		{"a TestMain that is no test", "a/a.go", checks + "func f() { go f() }\n", "no TestMain"},
	}, Leaks)
}

func TestSkips(t *testing.T) {
	skip := func(call string) string { return "package p\nfunc TestX(t *testing.T) { t." + call + " }\n" }
	check(t, []sample{
		{"a reason", "a/a_test.go", skip(`Skip("only root can")`), ""},
		{"a computed reason", "a/a_test.go", skip(`Skip(err)`), ""},
		{"nothing", "a/a_test.go", skip(`Skip()`), "without a reason"},
		{"empty", "a/a_test.go", skip(`Skip("")`), "without a reason"},
		{"blank", "a/a_test.go", skip(`Skipf(" ")`), "without a reason"},
		{"SkipNow", "a/a_test.go", skip(`SkipNow()`), "without a reason"},
		{"no test", "a/a.go", skip(`Skip()`), ""},
	}, Skips)
}
