import { createParser } from "eventsource-parser";
import { describe, expect, it } from "vitest";
import { COMMENT, createEventParser, type ServerSentEvent } from "./event-parser.ts";

const malformed = (message: string, isTooLarge: boolean): Error =>
  Object.assign(new Error(message), { name: isTooLarge ? "TooLarge" : "Malformed" });

/** What is read when the bytes come in chunks of `size`; comments left out. */
function read(stream: string | Buffer, size = 1_000, max = 1_000): ServerSentEvent[] {
  const parser = createEventParser(max, malformed);
  const bytes = typeof stream === "string" ? Buffer.from(stream, "utf8") : stream;
  const events: ServerSentEvent[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const event of parser.push(bytes.subarray(at, at + size))) {
      if (event !== COMMENT) {
        events.push(event);
      }
    }
  }
  return events;
}

const message = (data: string | null, rest: Partial<ServerSentEvent> = {}): ServerSentEvent => ({
  data,
  isMessage: true,
  id: null,
  retry: null,
  ...rest,
});

describe("reading an event stream by the standard", () => {
  it.each<[string, string | Buffer, ServerSentEvent[]]>([
    ["one space after the colon is taken off", "data:  x\n\ndata:x\n\n", [message(" x"), message("x")]],
    ["lines are joined", "data: a\ndata:\ndata: c\n\n", [message("a\n\nc")]],
    ["a field without a colon is empty", "data\n\ndata\ndata\n\n", [message(""), message("\n")]],
    [
      "CR, LF and CRLF end lines",
      "data: a\rdata: b\r\ndata: c\n\r\ndata: d\r\r",
      ["a\nb\nc", "d"].map((data) => message(data)),
    ],
    [
      "nothing else does",
      "data: a\u2028data: b\u0085\v\f\x1c\n\n",
      [message("a\u2028data: b\u0085\v\f\x1c")],
    ],
    ["an empty type is message again", "event: x\nevent:\ndata: a\n\n", [message("a")]],
    ["the last type counts", "event: message\ndata: a\nevent: x\n\n", [message("a", { isMessage: false })]],
    ["a type lasts for one event", "event: x\n\ndata: a\n\n", [message("a")]],
    ["a type with a blank is another", "event: message \ndata: a\n\n", [message("a", { isMessage: false })]],
    [
      "a long type is another",
      `event: message${" ".repeat(99)}\ndata: a\n\n`,
      [message("a", { isMessage: false })],
    ],
    ["names are exact", "Data: a\n data: b\nDATA: c\ndata : d\ndata\0: e\nEvent: x\n\n", []],
    ["comments are none", ":data: a\n: b\n\n", []],
    [
      "an id with NUL counts for nothing",
      "id: a\0b\nid: 1\nid: \0\ndata: x\n\n",
      [message("x", { id: "1" })],
    ],
    ["an id can be taken back", "id: 1\nid\ndata: x\n\n", [message("x", { id: "" })]],
    [
      "an id that no header can carry counts for nothing",
      `id: ü\nid: ${"1".repeat(1_025)}\nid:  1\ndata: x\n\n`,
      [message("x")],
    ],
    [
      "nor one that holds a message",
      `id: data: {"jsonrpc":"2.0"}\nid: a b\nid: '{\ndata: x\n\n`,
      [message("x")],
    ],
    [
      "an id may be of any other visible characters",
      "id: _/+=-.:~|#!$&(9Zz\n\n",
      [message(null, { id: "_/+=-.:~|#!$&(9Zz" })],
    ],
    ["an id alone", "id: 1\n\n", [message(null, { id: "1" })]],
    [
      "retry is digits",
      "retry: 10\nretry: 1e3\nretry: -1\nretry: ١\nretry:\n\n",
      [message(null, { retry: 10 })],
    ],
    ["a byte order mark may open a stream", "\ufeffdata: a\n\n", [message("a")]],
    ["one of them", "\ufeff\ufeffdata: a\ndata: b\n\n", [message("b")]],
    ["and nothing later", "data: a\n\n\ufeffdata: b\n\n", [message("a")]],
    ["what no blank line ends is nothing", "data: a\n\ndata: b\n", [message("a")]],
    ["a blank line alone is nothing", "\n\r\n\r\n\n", []],
  ])("%s", (_what, stream, expected) => {
    for (const size of [1, 2, 3, 1_000]) {
      expect(read(stream, size, 2_000)).toEqual(expected);
    }
  });

  it("refuses data that is not UTF-8, and nothing else that is not", () => {
    const bytes = (text: string) => Buffer.from(text, "latin1");
    expect(() => read(bytes("data: \xe9\n\n"))).toThrow("not UTF-8");
    // Half a character on each of two lines makes none.
    expect(() => read(bytes("data: \xc3\ndata: \xa9\n\n"))).toThrow("not UTF-8");
    expect(read(bytes(": \xe9\nx\xe9: y\nevent: \ndata: \xc3\xa9\n\n"))).toEqual([message("é")]);
  });

  it("gives comments out at once, and one of many", () => {
    const parser = createEventParser(100, malformed);
    expect(parser.push(Buffer.from("data: a\n: b\n"))).toEqual([COMMENT]);
    expect(parser.push(Buffer.from(":\n".repeat(50)))).toEqual([COMMENT]);
    expect(parser.push(Buffer.from("\n"))).toEqual([message("a")]);
  });

  it.each([
    ["a line without an end", `data: ${"x".repeat(2_000)}`],
    ["many lines", "data: x\n".repeat(600)],
    ["many empty lines", "data\n".repeat(2_000)],
    ["a comment without an end", `:${"x".repeat(2_000)}`],
  ])("gives up on an event that is too large before it is complete: %s", (_what, stream) => {
    expect(() => read(stream, 100)).toThrow(expect.objectContaining({ name: "TooLarge" }));
  });

  it("takes a long stream of small events whatever the bound", () => {
    expect(read("data: x\n\n".repeat(1_000), 7, 20)).toHaveLength(1_000);
  });

  it("takes time in proportion to the bytes: lines, chunks, CRs far away", () => {
    const many = `${"data: a\n".repeat(300_000)}\r`;
    expect(read(many, many.length, 10_000_000)).toHaveLength(1);
    expect(read(`data: ${"a".repeat(300_000)}\n\n`, 1, 10_000_000)).toHaveLength(1);
  });

  it("reads what the parser of the official clients reads, whatever comes", () => {
    const PIECES = [
      "data",
      "event",
      "id",
      "retry",
      ":",
      ": ",
      " ",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "message",
      "x",
      "7",
      "{}",
      "\u2028",
      "\0",
      "D",
    ];
    const random = generator(7);
    for (let round = 0; round < 3_000; round += 1) {
      const pieces = Array.from({ length: 30 }, () => PIECES[Math.floor(random() * PIECES.length)] ?? "");
      const stream = `${pieces.join("")}\n\n`;
      const ours = read(stream, 1 + Math.floor(random() * 9))
        .filter(({ data }) => data !== null)
        .map(({ data, isMessage }) => ({ data, isMessage }));
      const theirs = theirReading(stream);
      expect({ stream, events: ours }).toEqual({ stream, events: theirs });
    }
  });
});

function theirReading(stream: string): { data: string; isMessage: boolean }[] {
  const events: { data: string; isMessage: boolean }[] = [];
  const parser = createParser({
    onEvent: ({ data, event = "message" }) => events.push({ data, isMessage: event === "message" }),
  });
  parser.feed(stream);
  return events;
}

/** A linear congruential generator: the same sequence on every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
