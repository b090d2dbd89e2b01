import { expect, it } from "vitest";
import { createCompactRange } from "./tree/compact-range.ts";
import { EMPTY_ROOT, foldRight, leafHash, nodeHash } from "./tree/hashing.ts";
import { consistencyPath, inclusionPath } from "./proofs/proof-paths.ts";
import { splitOf, subtreesOf, type LeafRange } from "./tree/subtrees.ts";
import { ARGON_2020 } from "./testing/argon-2020.ts";
import { referenceTree } from "./testing/reference-tree.ts";
import { createTileBuilder, edgeTiles, type Tile } from "./tiles/tile-builder.ts";
import { rangeHashes, rangeRoot, type ReadTile } from "./tiles/tile-hashes.ts";
import { tileKey, tilesFor } from "./tiles/tile-layout.ts";
import { verifyConsistency, verifyInclusion } from "./proofs/verify-proof.ts";

// Vectors of Certificate Transparency (merkle_tree_test.cc, tree_hasher_test.cc, merkle_test.py).
const CT_LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
].map((hex) => Buffer.from(hex, "hex"));
const CT_ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const LARGEST = 300;
const leaves = Array.from({ length: LARGEST }, (_none, index) => Buffer.from(`leaf ${index}`));
const reference = referenceTree(leaves);

/** All tiles of a tree, at the width that it has of them. */
function tilesOf(data: readonly Uint8Array[]): ReadTile {
  const builder = createTileBuilder();
  for (const leaf of data) {
    builder.append(leafHash(leaf));
  }
  const tiles = new Map(builder.takeChanged().map((tile) => [tileKey(tile), tile.hashes]));
  return (tile) => tiles.get(tileKey(tile));
}

it("hashes leaves, nodes and nothing as Certificate Transparency does [AUD-7]", () => {
  expect(EMPTY_ROOT.toString("hex")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(leafHash(Buffer.from("101112131415161718191a1b1c1d1e1f", "hex")).toString("hex")).toBe(
    "3bfb960453ebaebf33727da7a1f4db38acc051d381b6da20d6d4e88f0eabfd7a",
  );
  const left = Buffer.from("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "hex");
  const right = Buffer.from("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f", "hex");
  expect(nodeHash(left, right).toString("hex")).toBe(
    "1a378704c17da31e2d05b6d121c2bb2c7d76f6ee6fa8f983e596c2d034963c57",
  );
  const long = Buffer.alloc(1_000_000, 7);
  expect(leafHash(long)).toEqual(referenceTree([long]).root(0, 1));
});

it("grows the trees of the Certificate Transparency vectors [AUD-7]", () => {
  const range = createCompactRange();
  const builder = createTileBuilder();
  CT_LEAVES.forEach((leaf, index) => {
    range.append(leafHash(leaf));
    builder.append(leafHash(leaf));
    expect(Buffer.from(range.root()).toString("hex")).toBe(CT_ROOTS[index]);
    expect(Buffer.from(builder.root()).toString("hex")).toBe(CT_ROOTS[index]);
  });
});

it("verifies proofs that a real Certificate Transparency log gave out [AUD-7]", () => {
  const argon = ARGON_2020;
  const bytes = (text: string): Buffer => Buffer.from(text, "base64");
  const leaf = leafHash(bytes(argon.leafInput));
  const path = argon.auditPath.map(bytes);
  expect(verifyInclusion(argon.leafIndex, argon.size, leaf, path, bytes(argon.root))).toBe(true);
  expect(verifyInclusion(argon.leafIndex + 1, argon.size, leaf, path, bytes(argon.root))).toBe(false);
  const consistency = argon.consistency.map(bytes);
  const roots = [bytes(argon.oldRoot), bytes(argon.root)] as const;
  expect(verifyConsistency(argon.oldSize, argon.size, ...roots, consistency)).toBe(true);
  expect(verifyConsistency(argon.oldSize - 1, argon.size, ...roots, consistency)).toBe(false);
  expect(inclusionPath(argon.leafIndex, argon.size)).toHaveLength(path.length);
  expect(consistencyPath(argon.oldSize, argon.size)).toHaveLength(consistency.length);
});

it("agrees with the definition for every size up to 300, root and range [AUD-7]", () => {
  const builder = createTileBuilder();
  const range = createCompactRange();
  expect(range.root()).toEqual(EMPTY_ROOT);
  expect(builder.root()).toEqual(EMPTY_ROOT);
  leaves.forEach((leaf, index) => {
    range.append(leafHash(leaf));
    builder.append(leafHash(leaf));
    expect(range.root()).toEqual(reference.root(0, index + 1));
    expect(builder.root()).toEqual(reference.root(0, index + 1));
  });
});

/** Roots of ranges, from tiles, each computed once: the exhaustive tests ask for the same ones thousands of times. */
function rangeRoots(readTile: ReadTile): (range: LeafRange) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (range) => {
    const key = `${range.from}-${range.to}`;
    const root = known.get(key) ?? rangeRoot(range, readTile);
    known.set(key, root);
    return root;
  };
}
const sameHashes = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((hash, at) => Buffer.compare(hash, b[at]!) === 0);

/** Each tree up to four leaves more than seven levels have, those around the first full tile, and the largest ones. */
const SHAPES = Array.from({ length: LARGEST }, (_none, at) => at + 1).filter(
  (size) => size <= 132 || (size >= 254 && size <= 259) || size >= LARGEST - 1,
);

it("makes and verifies every inclusion proof of each shape up to 300 leaves, from tiles [AUD-7]", () => {
  const rootOf = rangeRoots(tilesOf(leaves));
  const wrong: string[] = [];
  for (const size of SHAPES) {
    const root = reference.root(0, size);
    for (let index = 0; index < size; index += 1) {
      const proof = inclusionPath(index, size).map(rootOf);
      const leaf = reference.root(index, index + 1);
      const other = (index + 1) % size;
      const right =
        sameHashes(proof, reference.inclusion(index, 0, size)) &&
        verifyInclusion(index, size, leaf, proof, root) &&
        (other === index || !verifyInclusion(other, size, leaf, proof, root));
      if (!right) {
        wrong.push(`${index} in ${size}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

it("makes and verifies every consistency proof of each shape up to 300 leaves, from tiles [AUD-7]", () => {
  const rootOf = rangeRoots(tilesOf(leaves));
  const wrong: string[] = [];
  for (const size of SHAPES) {
    const root = reference.root(0, size);
    for (let old = 1; old <= size; old += 1) {
      const proof = consistencyPath(old, size).map(rootOf);
      const right =
        sameHashes(proof, reference.consistency(old, 0, size, true)) &&
        verifyConsistency(old, size, reference.root(0, old), root, proof) &&
        !verifyConsistency(old, size, reference.root(1, old), root, proof);
      if (!right) {
        wrong.push(`${old} in ${size}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(consistencyPath(0, LARGEST)).toEqual([]);
  expect(verifyConsistency(0, LARGEST, EMPTY_ROOT, reference.root(0, LARGEST), [])).toBe(true);
});

it("gives roots that stay what they are while the tree grows [AUD-7]", () => {
  const builder = createTileBuilder();
  const roots = leaves.map((leaf) => {
    builder.append(leafHash(leaf));
    return builder.root();
  });
  expect(roots).toEqual(leaves.map((_leaf, index) => reference.root(0, index + 1)));
});

it("refuses proofs that were cut, stretched, reordered or changed in any hash [AUD-7]", () => {
  const size = 300;
  const readTile = tilesOf(leaves);
  const root = reference.root(0, size);
  const spoilt = (proof: Uint8Array[]): Uint8Array[][] => [
    proof.slice(1),
    proof.slice(0, -1),
    [...proof, root],
    [root, ...proof],
    proof.toReversed(),
    ...proof.map((hash, at) =>
      proof.with(
        at,
        Buffer.from(hash).map((byte, position) => (position === at ? byte ^ 1 : byte)),
      ),
    ),
  ];
  for (const index of [0, 1, 127, 128, 255, 256, 298, 299]) {
    const proof = inclusionPath(index, size).map((range) => rangeRoot(range, readTile));
    const leaf = leafHash(leaves[index]!);
    for (const bad of spoilt(proof)) {
      expect(verifyInclusion(index, size, leaf, bad, root)).toBe(false);
    }
    expect(verifyInclusion(index, size, leafHash(Buffer.from("other")), proof, root)).toBe(false);
  }
  for (const old of [1, 2, 127, 129, 256, 299]) {
    const proof = consistencyPath(old, size).map((range) => rangeRoot(range, readTile));
    for (const bad of spoilt(proof)) {
      const unspoilt = sameHashes(bad, proof);
      expect(verifyConsistency(old, size, reference.root(0, old), root, bad)).toBe(unspoilt);
    }
  }
  expect(verifyInclusion(-1, size, root, [], root)).toBe(false);
  expect(verifyConsistency(301, 300, root, root, [])).toBe(false);
  expect(() => inclusionPath(300, 300)).toThrow("has no leaf 300");
  expect(() => consistencyPath(301, 300)).toThrow("never had 301");
});

it("covers any range with complete subtrees, from either end of a gap [AUD-7]", () => {
  const readTile = tilesOf(leaves);
  for (const [from, to] of [
    [0, 300],
    [1, 300],
    [37, 291],
    [255, 257],
    [128, 128],
    [299, 300],
  ] as const) {
    const range = createCompactRange();
    leaves.slice(0, from).forEach((leaf) => range.append(leafHash(leaf)));
    range.appendSubtrees(to, rangeHashes({ from, to }, readTile));
    leaves.slice(to).forEach((leaf) => range.append(leafHash(leaf)));
    expect(range.root()).toEqual(reference.root(0, LARGEST));

    const part = createCompactRange(from);
    leaves.slice(from, to).forEach((leaf) => part.append(leafHash(leaf)));
    expect(part.hashes()).toEqual(rangeHashes({ from, to }, readTile));
  }
  expect(() => createCompactRange(3).root()).toThrow("begins at 0");
  expect(() => createCompactRange().appendSubtrees(7, [EMPTY_ROOT])).toThrow("0…7 takes 3 hashes");
  expect(foldRight([])).toEqual(EMPTY_ROOT);
});

it("counts beyond 32 bits [AUD-7]", () => {
  const huge = 2 ** 40 + 12_345;
  expect(subtreesOf(0, huge)[0]).toEqual({ level: 40, index: 0 });
  expect(subtreesOf(2 ** 40, huge)[0]).toEqual({ level: 13, index: 2 ** 27 });
  expect(splitOf(huge)).toBe(2 ** 40);
  expect(inclusionPath(2 ** 40, huge).at(-1)).toEqual({ from: 0, to: 2 ** 40 });
  expect(tilesFor([{ from: 0, to: 2 ** 40 }], huge)).toEqual([{ level: 5, index: 0, width: 1 }]);
});

it("continues a tree from the tiles at its right edge, at any size [AUD-7]", () => {
  const hashes = Array.from({ length: 66_100 }, (_none, index) => leafHash(Buffer.from(`${index}`)));
  const stored = new Map<string, Tile>();
  const keep = (tiles: readonly Tile[]): void => {
    for (const tile of tiles) {
      stored.set(tileKey(tile), tile);
    }
  };
  const whole = createCompactRange();
  let size = 0;
  for (const to of [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_048, 66_100]) {
    const edge = edgeTiles(size).map((tile) => ({ ...tile, hashes: stored.get(tileKey(tile))!.hashes }));
    const builder = createTileBuilder(size, edge);
    for (const hash of hashes.slice(size, to)) {
      builder.append(hash);
      whole.append(hash);
    }
    expect(builder.size).toBe(to);
    expect(builder.root()).toEqual(whole.root());
    keep(builder.takeChanged());
    expect(builder.takeChanged()).toEqual([]);
    size = to;
  }
  expect(
    [...stored.values()]
      .map(({ level, width }) => `${level}:${width}`)
      .toSorted()
      .at(-1),
  ).toBe("2:1");
  expect(() => createTileBuilder(300, [])).toThrow("Tile 0/1 of width 44 is missing");
});
