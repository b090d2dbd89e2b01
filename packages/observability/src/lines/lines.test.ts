import { describe, expect, it, vi } from "vitest";
import { countNewlines } from "./count-newlines.ts";
import { createLineSplitter, type LineSplitterOptions } from "./line-splitter.ts";
import { readLines } from "./read-lines.ts";

/** What a splitter says of the chunks, in order. */
function split(chunks: readonly (string | Uint8Array)[], options: LineSplitterOptions): string[] {
  const said: string[] = [];
  const splitter = createLineSplitter(
    options,
    (line, ended) => said.push(`${line.toString("latin1")}${ended ? "" : " …"}`),
    {
      begin: (start) => said.push(`begin ${start.toString("latin1")}`),
      more: (part) => said.push(`more ${part.toString("latin1")}`),
      end: () => said.push("end"),
    },
  );
  for (const chunk of chunks) {
    splitter.push(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
  }
  splitter.end();
  return said;
}

const WIDE = { maxBytes: 1_000 };
/** Every way to cut a text in three. */
function cuts(text: string): string[][] {
  const found: string[][] = [];
  for (let first = 0; first <= text.length; first += 1) {
    for (let second = first; second <= text.length; second += 1) {
      found.push([text.slice(0, first), text.slice(first, second), text.slice(second)]);
    }
  }
  return found;
}

describe("a line splitter", () => {
  it.each([
    ["", []],
    ["\n", [""]],
    ["one\n", ["one"]],
    ["one\ntwo", ["one", "two …"]],
    ["one\n\n\ntwo\n", ["one", "", "", "two"]],
    ["one\r\n\r\ntwo\r", ["one\r", "\r", "two\r …"]],
    ["a\rb\u0085c\n", ["a\rb\u0085c"]],
  ])("says the same of %j however it is cut", (text, lines) => {
    for (const chunks of cuts(text)) {
      expect(split(chunks, WIDE)).toEqual(lines);
    }
  });

  it.each([
    ["one\r\n\r\ntwo\r", ["one", "", "two …"]],
    ["a\r\r\n\rb\n", ["a\r", "\rb"]],
  ])("takes a carriage return off the end where it is told to: %j", (text, lines) => {
    for (const chunks of cuts(text)) {
      expect(split(chunks, { ...WIDE, crlf: true })).toEqual(lines);
    }
  });

  it("leaves out empty lines where it is told to", () => {
    expect(split(["\n\r\n\none\n\r\n"], { ...WIDE, crlf: true, skipEmpty: true })).toEqual(["one"]);
    expect(split(["\r"], { ...WIDE, crlf: true, skipEmpty: true })).toEqual([]);
  });

  it("hands a line that is too long out in parts, and goes on behind it", () => {
    const chunks = ["ab", "cd", "ef", "g\nnext\n"];
    expect(split(chunks, { maxBytes: 3 })).toEqual([
      "begin abcd",
      "more ef",
      "more g",
      "end",
      "begin next",
      "end",
    ]);
    expect(split(["abc\nabcd\nab"], { maxBytes: 3 })).toEqual(["abc", "begin abcd", "end", "ab …"]);
    expect(split(["abcd"], { maxBytes: 3 })).toEqual(["begin abcd", "end"]);
  });

  it("takes bytes that are no Buffer, and a part of a larger one", () => {
    const whole = new TextEncoder().encode("..one\n..");
    expect(split([whole.subarray(2, 6)], WIDE)).toEqual(["one"]);
  });

  it("copies a line once, however many pieces it comes in", () => {
    const concat = vi.spyOn(Buffer, "concat");
    const chunk = Buffer.alloc(1_000, "x");
    const sizes: number[] = [];
    const splitter = createLineSplitter({ maxBytes: 1_000_000 }, ({ length }) => sizes.push(length), {
      begin: () => expect.unreachable(),
    });
    for (let pushed = 0; pushed < 1_000; pushed += 1) {
      splitter.push(chunk);
    }
    splitter.push(Buffer.from("\nwhole\n"));
    expect(sizes).toEqual([1_000_000, 5]);
    expect(concat).toHaveBeenCalledTimes(1);
    concat.mockRestore();
  });
});

describe("reading lines", () => {
  async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
    for (const text of texts) {
      yield Buffer.from(text);
    }
  }
  async function linesOf(input: AsyncIterable<Uint8Array>, maxBytes: number) {
    const lines: [string, number, boolean][] = [];
    for await (const { bytes, length, ended } of readLines(input, maxBytes)) {
      lines.push([bytes.toString("utf8"), length, ended]);
    }
    return lines;
  }

  it("gives each line, and tells of one without its newline", async () => {
    expect(await linesOf(pieces("on", "e\n\ntw", "o"), 10)).toEqual([
      ["one", 3, true],
      ["", 0, true],
      ["two", 3, false],
    ]);
    expect(await linesOf(pieces(), 10)).toEqual([]);
  });

  it("splits no character, and not at the line separators of Unicode", async () => {
    const bytes = Buffer.from("é\u2028ü\u2029\n");
    async function* single(): AsyncGenerator<Uint8Array> {
      for (const byte of bytes) {
        yield Uint8Array.of(byte);
      }
    }
    expect(await linesOf(single(), 100)).toEqual([["é\u2028ü\u2029", 10, true]]);
  });

  it("cuts a line that is too long, says how long it was, and goes on behind it", async () => {
    expect(await linesOf(pieces("abcd", "efgh\nok\nijkl"), 3)).toEqual([
      ["abc", 8, true],
      ["ok", 2, true],
      ["ijk", 4, false],
    ]);
  });

  it("closes the input when the caller stops early", async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield Buffer.from("line\n");
        }
      } finally {
        closed = true;
      }
    }
    for await (const _line of readLines(endless(), 10)) {
      break;
    }
    expect(closed).toBe(true);
  });
});

it("counts newlines", () => {
  expect(["", "one", "one\n", "\n\n", "a\r\nb\n"].map((text) => countNewlines(Buffer.from(text)))).toEqual([
    0, 0, 1, 2, 2,
  ]);
});
