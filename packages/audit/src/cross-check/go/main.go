// Checks the transparency log against Go's own implementation of it, the one behind the Go checksum database
// (golang.org/x/mod/sumdb). Reads one JSON object from standard input and writes one.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type hashes []tlog.Hash

type input struct {
	Leaves [][]byte `json:"leaves"`
	// Root of the tree over the first n leaves, for each n.
	Roots       hashes             `json:"roots"`
	Inclusion   []inclusionProof   `json:"inclusion"`
	Consistency []consistencyProof `json:"consistency"`
	// Paths of all tiles of each tree size, without the tile height that Go puts into them, with their hashes.
	Tiles map[int64]map[string][]byte `json:"tiles"`
	// Notes, with the key that verifies each.
	Notes []signedNote `json:"notes"`
}

type inclusionProof struct {
	Index int64  `json:"index"`
	Size  int64  `json:"size"`
	Proof hashes `json:"proof"`
}

type consistencyProof struct {
	OldSize int64  `json:"oldSize"`
	Size    int64  `json:"size"`
	Proof   hashes `json:"proof"`
}

type signedNote struct {
	Vkey string `json:"vkey"`
	Note string `json:"note"`
	Text string `json:"text"`
}

type output struct {
	// What differs; none when all is well.
	Differences []string   `json:"differences"`
	Checked     int        `json:"checked"`
	Note        signedNote `json:"note"`
}

func main() {
	var in input
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		fail(err)
	}
	out := output{Differences: []string{}}
	check := func(right bool, format string, args ...any) {
		out.Checked++
		if !right {
			out.Differences = append(out.Differences, fmt.Sprintf(format, args...))
		}
	}

	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for n, leaf := range in.Leaves {
		added, err := tlog.StoredHashes(int64(n), leaf, reader)
		if err != nil {
			fail(err)
		}
		stored = append(stored, added...)
	}

	for size, root := range in.Roots {
		if size == 0 {
			continue // Go has no hash for the empty tree.
		}
		expected, err := tlog.TreeHash(int64(size), reader)
		check(err == nil && expected == root, "root of %d", size)
	}
	for _, p := range in.Inclusion {
		leaf := tlog.RecordHash(in.Leaves[p.Index])
		err := tlog.CheckRecord(tlog.RecordProof(p.Proof), p.Size, in.Roots[p.Size], p.Index, leaf)
		check(err == nil, "inclusion of %d in %d: %v", p.Index, p.Size, err)
		own, err := tlog.ProveRecord(p.Size, p.Index, reader)
		check(err == nil && equal(own, p.Proof), "Go's proof of %d in %d differs", p.Index, p.Size)
	}
	for _, p := range in.Consistency {
		err := tlog.CheckTree(tlog.TreeProof(p.Proof), p.Size, in.Roots[p.Size], p.OldSize, in.Roots[p.OldSize])
		check(err == nil, "consistency of %d and %d: %v", p.OldSize, p.Size, err)
		own, err := tlog.ProveTree(p.Size, p.OldSize, reader)
		check(err == nil && equal(own, p.Proof), "Go's proof from %d to %d differs", p.OldSize, p.Size)
	}
	for size, tiles := range in.Tiles {
		expected := tlog.NewTiles(8, 0, size)
		check(len(expected) == len(tiles), "tiles of %d: %d, not %d", size, len(tiles), len(expected))
		for _, tile := range expected {
			path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
			data, err := tlog.ReadTileData(tile, reader)
			check(err == nil && string(data) == string(tiles[path]), "%s of %d", path, size)
		}
	}
	for _, n := range in.Notes {
		verifier, err := note.NewVerifier(n.Vkey)
		if err != nil {
			check(false, "key %s: %v", n.Vkey, err)
			continue
		}
		opened, err := note.Open([]byte(n.Note), note.VerifierList(verifier))
		check(err == nil && opened.Text == n.Text && len(opened.Sigs) == 1, "note of %s: %v", n.Vkey, err)
	}

	out.Note = ownNote()
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		fail(err)
	}
}

// A note that Go signed, for the other direction.
func ownNote() signedNote {
	skey, vkey, err := note.GenerateKey(rand.Reader, "go.example/log")
	if err != nil {
		fail(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		fail(err)
	}
	text := "go.example/log\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		fail(err)
	}
	return signedNote{Vkey: vkey, Note: string(signed), Text: text}
}

func equal(a []tlog.Hash, b hashes) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
