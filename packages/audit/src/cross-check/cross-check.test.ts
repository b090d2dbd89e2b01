import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { requireServer } from "@sark/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { formatCheckpoint } from "../transparency-log/notes/checkpoint.ts";
import { encodeBase64 } from "../transparency-log/encodings.ts";
import { leafHash } from "../transparency-log/tree/hashing.ts";
import { createKeySet } from "../transparency-log/notes/key-set.ts";
import { createNoteSigner } from "../transparency-log/notes/note-signer.ts";
import { openCheckpoint } from "../transparency-log/notes/open-checkpoint.ts";
import { consistencyPath, inclusionPath } from "../transparency-log/proofs/proof-paths.ts";
import { formatNote } from "../transparency-log/notes/signed-note.ts";
import type { LeafRange } from "../transparency-log/tree/subtrees.ts";
import { namedKey } from "../transparency-log/testing/keys.ts";
import { createTileBuilder, edgeTiles, type Tile } from "../transparency-log/tiles/tile-builder.ts";
import { rangeRoot } from "../transparency-log/tiles/tile-hashes.ts";
import { tileKey, tilePath, tileWidth, TILE_WIDTH } from "../transparency-log/tiles/tile-layout.ts";
import { parseVerifierKey } from "../transparency-log/notes/verifier-key.ts";

// golang.org/x/mod/sumdb is the implementation behind the Go checksum database, and shares nothing with this one.
// To run by hand what this test runs: `go run .` in the folder `go`, with the JSON below on its standard input.
const go = requireServer("go");
const LEAVES = 700;
const SIZES = [1, 2, 3, 7, 8, 255, 256, 257, 300, 511, 512, 513, 699, 700];

interface Report {
  readonly differences: readonly string[];
  readonly checked: number;
  readonly note: { readonly vkey: string; readonly note: string; readonly text: string };
}

describe.runIf(go)("against Go's tlog and note packages", () => {
  let report: Report;

  beforeAll(async () => {
    const program = spawn(go!, ["run", "."], {
      cwd: join(import.meta.dirname, "go"),
      stdio: ["pipe", "pipe", "pipe"],
    });
    program.stdin.end(JSON.stringify(question()));
    const [out, err] = await Promise.all([
      text(program.stdout),
      text(program.stderr),
      once(program, "close"),
    ]);
    if (program.exitCode !== 0) {
      throw new Error(`go run: ${err}`);
    }
    report = JSON.parse(out) as Report;
  });

  it("makes the same roots, proofs and tiles, and notes that Go verifies [AUD-7]", () => {
    expect(report.differences).toEqual([]);
    expect(report.checked).toBeGreaterThan(2_000);
  });

  it("verifies a checkpoint that Go signed [AUD-7]", () => {
    const { vkey, note, text: body } = report.note;
    const keys = createKeySet([{ key: parseVerifierKey(vkey), fromSize: 0, untilSize: 10 }]);
    expect(openCheckpoint(note, keys, "go.example/log")).toMatchObject({ size: 7, text: body });
    expect(() => openCheckpoint(note.replace("\n7\n", "\n8\n"), keys)).toThrow("is wrong");
  });
});

/** What Go is asked to check; hashes and bytes in base64, as its JSON has them. */
function question(): unknown {
  const leaves = Array.from({ length: LEAVES }, (_none, index) => Buffer.from(`{"event":${index}}`));
  const { roots, tiles } = grow(leaves);
  const rootOf = (range: LeafRange): string =>
    encodeBase64(rangeRoot(range, (tile) => tiles.get(tileKey(tile))?.hashes));
  const signers = ["sark.example/audit", "Ω", "log.example/ä"].map((name) =>
    createNoteSigner(name, namedKey(name)),
  );
  return {
    leaves: leaves.map(encodeBase64),
    roots: roots.map(encodeBase64),
    inclusion: SIZES.flatMap((size) =>
      Array.from({ length: size }, (_none, index) => index)
        .filter((index) => index % 5 === 0 || index === size - 1)
        .map((index) => ({ index, size, proof: inclusionPath(index, size).map(rootOf) })),
    ),
    consistency: SIZES.flatMap((size) =>
      SIZES.filter((old) => old <= size).map((oldSize) => ({
        oldSize,
        size,
        proof: consistencyPath(oldSize, size).map(rootOf),
      })),
    ),
    tiles: Object.fromEntries(SIZES.map((size) => [size, tilesOf(size, tiles)])),
    notes: signers.map((signer) => {
      const body = formatCheckpoint({ origin: signer.key.name, size: LEAVES, root: roots[LEAVES]! });
      const note = formatNote({ text: body, signatures: [signer.sign(body)] });
      return { vkey: signer.key.vkey, note, text: body };
    }),
  };
}

function grow(leaves: readonly Buffer[]): { roots: Uint8Array[]; tiles: ReadonlyMap<string, Tile> } {
  const builder = createTileBuilder();
  const roots = [builder.root()];
  for (const leaf of leaves) {
    builder.append(leafHash(leaf));
    roots.push(builder.root());
  }
  return { roots, tiles: new Map(builder.takeChanged().map((tile) => [tileKey(tile), tile])) };
}

/** Paths and hashes of all tiles of a tree of that size: the full ones, and those at its right edge. */
function tilesOf(size: number, tiles: ReadonlyMap<string, Tile>): Record<string, string> {
  const addresses = edgeTiles(size);
  for (let level = 0; TILE_WIDTH ** (level + 1) <= size; level += 1) {
    for (let index = 0; tileWidth({ level, index }, size) === TILE_WIDTH; index += 1) {
      addresses.push({ level, index, width: TILE_WIDTH });
    }
  }
  return Object.fromEntries(
    addresses.map((address) => {
      const hashes = tiles.get(tileKey(address))!.hashes.subarray(0, 32 * address.width);
      return [tilePath(address), encodeBase64(hashes)];
    }),
  );
}
