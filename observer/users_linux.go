package observer

// lookUpUser reads /etc/passwd itself: the C library may ask a directory
// server, and wait for it.
func lookUpUser(uid int) string {
	data, err := readLimited("/etc/passwd", 4<<20)
	if err != nil {
		return ""
	}
	return parsePasswd(data, uid)
}
