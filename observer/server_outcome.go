package observer

import (
	"fmt"
	"strings"
	"time"

	"github.com/stigmer/stigmer-local/observer/observed"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// outcome says what an error of a call means. An answer, and that none came
// in time, is about the server. A call that was turned away for its number
// was not tried, and one whose answer was too long for us was answered: both
// have the code ResourceExhausted, and tell nothing.
func outcome(call string, err error, timeout time.Duration) observed.Fact[observed.Check] {
	message := brief(status.Convert(err).Message())
	switch status.Code(err) {
	case codes.OK:
		return observed.Is(observed.Check{})
	case codes.ResourceExhausted:
		return observed.Unsure[observed.Check](fmt.Sprintf("%s was not carried out: %s", call, message))
	case codes.DeadlineExceeded:
		return problem(fmt.Sprintf("%s: no answer within %s", call, timeout))
	}
	return problem(fmt.Sprintf("%s: %s", call, message))
}

// problem is the fact that a check failed.
func problem(why string) observed.Fact[observed.Check] {
	return observed.Is(observed.Check{Problem: why})
}

// passed reports whether a check was made and found no problem.
func passed(check observed.Fact[observed.Check]) bool {
	return check.IsKnown() && check.Value.Problem == ""
}

// failure is why a check did not pass.
func failure(check observed.Fact[observed.Check]) string {
	return check.Reason + check.Value.Problem
}

// worse is the check that says more against the server: a problem counts more
// than what could not be told, and that more than a success.
func worse(a, b observed.Fact[observed.Check]) observed.Fact[observed.Check] {
	rank := func(check observed.Fact[observed.Check]) int {
		switch {
		case passed(check):
			return 0
		case check.IsKnown():
			return 2
		}
		return 1
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// unless is the error, or nil when it has this code: some errors are answers.
func unless(code codes.Code, err error) error {
	if status.Code(err) == code {
		return nil
	}
	return err
}

// maxMessage bounds what is repeated of a server's own words, in bytes.
const maxMessage = 400

// brief keeps the beginning of a message.
func brief(message string) string {
	if len(message) > maxMessage {
		message = message[:maxMessage] + "…"
	}
	return strings.ToValidUTF8(message, "")
}
