// Check a log in a folder with the packages of Go's own checksum database, which know nothing of Troth.
//
// Usage: check_log FOLDER KEY. The folder holds log/ (as it is served), old-checkpoint, proofs and entry.tlog-proof.
// Exit 0 and one line if everything holds, 1 and a reason otherwise.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func fail(what string, err error) {
	fmt.Printf("%s: %v\n", what, err)
	os.Exit(1)
}

// Tiles of C2SP have no height in their path: tile/<L>/<N> where Go's have tile/8/<L>/<N>.
type files struct{ folder string }

func (f files) Height() int                          { return height }
func (f files) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(f.folder, "tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func checkpoint(data []byte, key string) tlog.Tree {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		fail("key", err)
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		fail("checkpoint", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("checkpoint", fmt.Errorf("another log or form: %q", opened.Text))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("size", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("root", err)
	}
	return tlog.Tree{N: size, Hash: root}
}

func read(parts ...string) []byte {
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		fail("file", err)
	}
	return data
}

func entries(folder string, size int64) [][]byte {
	var all [][]byte
	for at := int64(0); at < size; at += 256 {
		tile := tlog.Tile{H: height, L: 0, N: at / 256, W: 256}
		if size-at < 256 {
			tile.W = int(size - at)
		}
		data := read(folder, "tile", "entries", strings.TrimPrefix(tile.Path(), "tile/8/0/"))
		for len(data) >= 2 {
			length := int(binary.BigEndian.Uint16(data))
			if len(data) < 2+length {
				fail("bundle", fmt.Errorf("cut"))
			}
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
	}
	if int64(len(all)) != size {
		fail("bundles", fmt.Errorf("%d entries of %d", len(all), size))
	}
	return all
}

func hashes(texts []string, decode func(string) ([]byte, error)) []tlog.Hash {
	var all []tlog.Hash
	for _, text := range texts {
		raw, err := decode(text)
		if err != nil || len(raw) != tlog.HashSize {
			fail("hash", fmt.Errorf("%q", text))
		}
		all = append(all, tlog.Hash(*(*[tlog.HashSize]byte)(raw)))
	}
	return all
}

func main() {
	folder, key := os.Args[1], os.Args[2]
	log := filepath.Join(folder, "log")
	tree := checkpoint(read(log, "checkpoint"), key)
	old := checkpoint(read(folder, "old-checkpoint"), key)
	tiles := tlog.TileHashReader(tree, files{log})
	bundled := entries(log, tree.N)
	for index, entry := range bundled {
		at := int64(index)
		found, err := tiles.ReadHashes([]int64{tlog.StoredHashIndex(0, at)})
		if err != nil {
			fail("tiles", err)
		}
		if found[0] != tlog.RecordHash(entry) {
			fail("entry", fmt.Errorf("%d does not hash to its tile", index))
		}
		proof, err := tlog.ProveRecord(tree.N, at, tiles)
		if err == nil {
			err = tlog.CheckRecord(proof, tree.N, tree.Hash, at, tlog.RecordHash(entry))
		}
		if err != nil {
			fail("inclusion", err)
		}
	}
	proof, err := tlog.ProveTree(tree.N, old.N, tiles)
	if err == nil {
		err = tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
	}
	if err != nil {
		fail("growth", err)
	}
	proofs := 0
	for _, line := range strings.Split(strings.TrimSpace(string(read(folder, "proofs"))), "\n") {
		parts := strings.Fields(line)
		number, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			fail("proofs", err)
		}
		path := hashes(parts[2:], hex.DecodeString)
		if parts[0] == "inclusion" {
			err = tlog.CheckRecord(path, tree.N, tree.Hash, number, tlog.RecordHash(bundled[number]))
		} else {
			older, failed := tlog.TreeHash(number, tiles)
			if failed != nil {
				fail("older tree", failed)
			}
			err = tlog.CheckTree(path, tree.N, tree.Hash, number, older)
		}
		if err != nil {
			fail(line[:20], err)
		}
		proofs++
	}
	head, signed, _ := bytes.Cut(read(folder, "entry.tlog-proof"), []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		fail("tlog-proof", fmt.Errorf("%q", lines[0]))
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		fail("tlog-proof", err)
	}
	seen := checkpoint(signed, key)
	err = tlog.CheckRecord(hashes(lines[2:], base64.StdEncoding.DecodeString), seen.N, seen.Hash, index, tlog.RecordHash(bundled[index]))
	if err != nil {
		fail("tlog-proof", err)
	}
	fmt.Printf("%d entries, %d proofs, grown from %d\n", tree.N, proofs, old.N)
}
