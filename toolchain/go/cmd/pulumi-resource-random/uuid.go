package main

import (
	"encoding/binary"
	"fmt"
	"time"
)

// uuid4 returns a random UUID (RFC 9562, section 5.4).
func uuid4() (string, error) {
	value, err := randomBytes(16)
	if err != nil {
		return "", err
	}
	return formatUUID(value, 4), nil
}

// uuid7 returns a UUID that sorts by its creation time (RFC 9562, section 5.7).
func uuid7() (string, error) {
	value, err := randomBytes(16)
	if err != nil {
		return "", err
	}
	var clock [8]byte
	binary.BigEndian.PutUint64(clock[:], uint64(time.Now().UnixMilli()))
	copy(value[:6], clock[2:])
	return formatUUID(value, 7), nil
}

// formatUUID sets the version and the RFC variant and writes the five groups.
func formatUUID(value []byte, version byte) string {
	value[6] = value[6]&0x0f | version<<4
	value[8] = value[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", value[0:4], value[4:6], value[6:8], value[8:10], value[10:16])
}
