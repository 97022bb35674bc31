// Follow a log in a folder with the package of Go's own checksum database: every entry hashed, every node above them made, and
// the root compared. Built and run by bench/verify.py. Usage: follow_log FOLDER SIZE ROOT; prints seconds of the processor.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/mod/sumdb/tlog"
)

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		found[at] = s[index]
	}
	return found, nil
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func used() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

func main() {
	size, err := strconv.ParseInt(os.Args[2], 10, 64)
	check(err)
	began := used()
	var hashes stored
	for index := int64(0); index < size; index += 256 {
		number := fmt.Sprintf("%03d", index/256%1000)
		for rest := index / 256 / 1000; rest > 0; rest /= 1000 {
			number = fmt.Sprintf("x%03d/", rest%1000) + number
		}
		data, err := os.ReadFile(filepath.Join(os.Args[1], "tile", "entries", number))
		check(err)
		for at := index; len(data) > 0; at++ {
			end := 2 + int(binary.BigEndian.Uint16(data))
			more, err := tlog.StoredHashes(at, data[2:end], hashes)
			check(err)
			hashes = append(hashes, more...)
			data = data[end:]
		}
	}
	root, err := tlog.TreeHash(size, hashes)
	check(err)
	if root.String() != os.Args[3] {
		fmt.Println("another root")
		os.Exit(1)
	}
	fmt.Println(used() - began)
}
