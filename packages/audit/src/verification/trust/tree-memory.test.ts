import { describe, expect, it } from "vitest";
import { createCompactRange } from "../../transparency-log/tree/compact-range.ts";
import { leafHash } from "../../transparency-log/tree/hashing.ts";
import { subtreesOf } from "../../transparency-log/tree/subtrees.ts";
import { formatMemory, leadTo, parseMemory, type RememberedSubtree } from "./tree-memory.ts";
import { createTreeWatch } from "./tree-watch.ts";

/** Hashed once: the tests grow trees of the same leaves again and again. */
const leaves: Buffer[] = [];
const leaf = (index: number, changed = -1): Buffer =>
  index === changed
    ? leafHash(Buffer.from("changed"))
    : (leaves[index] ??= leafHash(Buffer.from(String(index))));

const grown = new Map<number, ReturnType<typeof grow>>();
/** The same of a tree that no leaf was changed of, which is grown once for all tests. */
function growOnce(size: number) {
  const before = grown.get(size) ?? grow(size);
  grown.set(size, before);
  return before;
}

/** Watches a tree of that size grow, one leaf of which may be another one. */
function grow(size: number, remembered: readonly RememberedSubtree[] = [], changed = -1) {
  const watch = createTreeWatch(remembered);
  const tree = createCompactRange(0, watch.onSubtree);
  for (let index = 0; index < size; index += 1) {
    tree.append(leaf(index, changed));
  }
  watch.seal(tree);
  return { watch, tree };
}

describe("what is remembered of a tree", () => {
  it.each([1, 2, 100, 4_095, 4_096, 4_097, 8_193, 21_949, 70_000])(
    "covers it, is bounded, and comes back as it was: %i events [AUD-7]",
    (size) => {
      const { watch, tree } = growOnce(size);
      const subtrees = watch.sealed(size);
      expect(subtrees.length).toBeLessThanOrEqual(4_096 + 20);
      expect(leadTo(subtrees, { size, root: tree.root() })).toBe(true);
      expect(leadTo(subtrees, { size, root: leaf(0, 0) })).toBe(false);
      expect(leadTo(subtrees.slice(1), { size, root: tree.root() })).toBe(size === 1);
      expect(leadTo(subtrees, { size: size + 1, root: tree.root() })).toBe(false);
      expect(parseMemory(formatMemory({ note: "a\n\nb\n", subtrees }))).toEqual({
        note: "a\n\nb\n",
        subtrees: subtrees.map(({ level, hash }) => ({ level, hash: Buffer.from(hash) })),
      });
      expect(watch.sealed(size + 1)).toEqual([]);
    },
  );

  it("is what the tree was when it was sealed, however it grows on [AUD-7]", () => {
    for (const sealedAt of [3, 4_096, 5_001]) {
      const watch = createTreeWatch([]);
      const tree = createCompactRange(0, watch.onSubtree);
      let root: Uint8Array = Buffer.alloc(0);
      for (let index = 0; index < 20_000; index += 1) {
        tree.append(leaf(index));
        if (tree.end !== sealedAt) {
          continue;
        }
        watch.seal(tree);
        root = tree.root();
      }
      expect(leadTo(watch.sealed(sealedAt), { size: sealedAt, root })).toBe(true);
    }
  });

  it.each([
    [100, [57], 1],
    [4_000, [3_999], 1],
    [21_949, [12_345, 21_948], 8],
    [70_000, [0, 69_999], 32],
  ])(
    "of %i events tells where one of the numbers %j was changed, within %i [AUD-7]",
    (size, numbers, within) => {
      const subtrees = growOnce(size).watch.sealed(size);
      for (const changed of numbers) {
        const { window } = grow(size + 500, subtrees, changed).watch;
        expect(window?.from).toBeLessThanOrEqual(changed);
        expect(window?.to).toBeGreaterThan(changed);
        expect((window?.to ?? 0) - (window?.from ?? 0)).toBeLessThanOrEqual(within);
      }
      // The rule that the documentation states.
      expect(within).toBeLessThanOrEqual(Math.max(1, size / 2_048));
      expect(grow(size + 500, subtrees).watch.window).toBeNull();
      // What comes after the remembered tree is new.
      expect(grow(size + 500, subtrees, size).watch.window).toBeNull();
    },
  );

  it("is told of a tree that was passed over in part [AUD-7]", () => {
    const size = 30_000;
    const whole = grow(size);
    const subtrees = whole.watch.sealed(size);
    for (const changed of [-1, 29_000]) {
      const watch = createTreeWatch(subtrees);
      const tree = createCompactRange(0, watch.onSubtree);
      const [from, to] = [5, 20_001];
      for (let index = 0; index < from; index += 1) {
        tree.append(leaf(index));
      }
      const hashes = subtreesOf(from, to).map(({ level, index }) => {
        const below = createCompactRange(index * 2 ** level);
        for (let at = 0; at < 2 ** level; at += 1) {
          below.append(leaf(index * 2 ** level + at));
        }
        return below.hashes()[0] ?? Buffer.alloc(32);
      });
      tree.appendSubtrees(to, hashes);
      for (let index = to; index < size; index += 1) {
        tree.append(leaf(index, changed));
      }
      watch.seal(tree);
      expect(leadTo(watch.sealed(size), { size, root: tree.root() })).toBe(true);
      if (changed < 0) {
        expect(watch.window).toBeNull();
      } else {
        expect(watch.window?.from).toBe(29_000);
      }
    }
  });
});

it("reads a note by itself, and nothing that is no memory [AUD-7]", () => {
  const hash = Buffer.alloc(32).toString("base64");
  expect(parseMemory("a note\n")).toEqual({ note: "a note\n", subtrees: [] });
  expect(parseMemory("note\n\nsark-audit-memory/v1\n")).toEqual({ note: "note\n", subtrees: [] });
  for (const lines of ["0 x\n", `64 ${hash}\n`, `-1 ${hash}\n`, "0 AAAA\n", `0 ${hash}`, `0 ${hash}\n\n`]) {
    expect(parseMemory(`note\n\nsark-audit-memory/v1\n${lines}`)).toBeNull();
  }
});
