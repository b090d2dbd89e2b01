import { expect, test } from "vitest";
import { createLineCutter, type Piece } from "./whole-lines.ts";

const MEBIBYTE = 1024 * 1024;

function cut(chunks: readonly string[], start = 0): readonly Piece[] {
  const cutter = createLineCutter(start);
  const pieces = chunks.flatMap((chunk) => cutter.push(Buffer.from(chunk)));
  const rest = cutter.end();
  return rest === null ? pieces : [...pieces, rest];
}

const shown = (pieces: readonly Piece[]) =>
  pieces.map(({ offset, length, bytes }) => [offset, length, bytes.toString()]);

test("a line that came in several chunks is one, and where the stream ends early so is its beginning [CLI-4]", () => {
  expect(shown(cut(["a\nb", "c", "d\ne\nf"], 100))).toEqual([
    [100, 2, "a\n"],
    [102, 6, "bcd\ne\n"],
    [108, 1, "f"],
  ]);
});

test("of a line that is too long its length is told, and the lines around it keep their places [CLI-4]", () => {
  const chunk = "x".repeat(MEBIBYTE);
  const long = Array.from({ length: 17 }, () => chunk);
  expect(shown(cut(["before\n", ...long, "end\nafter\n"]))).toEqual([
    [0, 7, "before\n"],
    [
      7,
      17 * MEBIBYTE + 4,
      "[a line of 17825796 bytes, which is more than the 16777216 that are read of one]\n",
    ],
    [17 * MEBIBYTE + 11, 6, "after\n"],
  ]);
  // It may go on: it has no end yet.
  expect(shown(cut(long))).toEqual([
    [0, 17 * MEBIBYTE, "[a line of 17825792 bytes, which is more than the 16777216 that are read of one]"],
  ]);
});

test("a long line that is not too long comes whole, whatever follows it in the same chunk [CLI-4]", () => {
  const chunk = "x".repeat(MEBIBYTE);
  const pieces = cut([...Array.from({ length: 15 }, () => chunk), `end\n${chunk}\n`]);
  expect(pieces.map(({ offset, length }) => [offset, length])).toEqual([
    [0, 15 * MEBIBYTE + 4],
    [15 * MEBIBYTE + 4, MEBIBYTE + 1],
  ]);
  expect(pieces[0]?.bytes.length).toBe(15 * MEBIBYTE + 4);
});
