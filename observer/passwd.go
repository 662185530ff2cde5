package observer

import (
	"strconv"
	"strings"
)

// parsePasswd returns the first name that passwd(5) gives to a user id, empty
// when there is none.
func parsePasswd(data []byte, uid int) string {
	want := strconv.Itoa(uid)
	for line := range strings.Lines(string(data)) {
		if fields := strings.Split(line, ":"); len(fields) > 2 && fields[2] == want {
			return fields[0]
		}
	}
	return ""
}
