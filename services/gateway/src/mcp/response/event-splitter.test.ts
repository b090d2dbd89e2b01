import { describe, expect, it } from "vitest";
import { MalformedAnswer } from "../errors/upstream-failure.ts";
import { createEventSplitter } from "./event-splitter.ts";
import { readEvent, withData } from "./event.ts";

/** Cuts the text at every possible place into chunks of `size`. */
function split(text: string, size: number, max = 1_000): string[] {
  const splitter = createEventSplitter(max);
  const bytes = Buffer.from(text, "utf8");
  const events: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const event of splitter.push(bytes.subarray(at, at + size))) events.push(event.toString("utf8"));
  }
  return events;
}

describe("cutting a stream into events", () => {
  const parts = [
    "data: a\n\n",
    ": ping\r\n\r\n",
    "id: 1\rdata: b\rdata: c\r\r",
    "\n",
    "event: message\ndata: ü\r\n\n",
    "data: d\n\r\n",
  ];

  it.each([1, 2, 3, 5, 1_000])("is the same in chunks of %i bytes, and loses no byte", (size) => {
    const events = split(parts.join(""), size);
    // Of a CRLF that was cut in two the LF goes with what follows.
    expect(parts.join("").replace(/\n$/, "")).toBe(events.join("").replace(/\n$/, ""));
    const data = events.map((event) => readEvent(Buffer.from(event)).data).filter((item) => item !== null);
    expect(data).toEqual(["a", "b\nc", "ü", "d"]);
  });

  it("keeps back what is not complete", () => {
    expect(split("data: a\n\ndata: b\n", 4)).toEqual(["data: a\n\n"]);
  });

  it("gives up on an event that is too large, before it is complete", () => {
    expect(() => split(`data: ${"x".repeat(2_000)}`, 100)).toThrow(MalformedAnswer);
  });

  it("takes a long stream of small events whatever the bound", () => {
    expect(split("data: x\n\n".repeat(1_000), 7, 20)).toHaveLength(1_000);
  });

  it("takes time in proportion to the bytes, with CRs far away too", () => {
    const lines = `${"a\n".repeat(300_000)}\r`;
    expect(createEventSplitter(10_000_000).push(Buffer.from(lines))).toHaveLength(1);
  });
});

describe("reading an event", () => {
  it("follows the standard", () => {
    expect(readEvent(Buffer.from("\ufeffdata:x\n\n")).data).toBe("x");
    expect(readEvent(Buffer.from("data\n\n")).data).toBe("");
    expect(readEvent(Buffer.from("data:  two\n\n")).data).toBe(" two");
    expect(readEvent(Buffer.from(":data: x\n\n")).data).toBeNull();
    expect(readEvent(Buffer.from("event: ping\ndata: x\nid: 7\n\n"))).toEqual({
      data: "x",
      type: "ping",
      hasId: true,
    });
    expect(readEvent(Buffer.from("event:\nid:\ndata: x\n\n"))).toEqual({
      data: "x",
      type: "message",
      hasId: false,
    });
  });

  it("changes the data and nothing else", () => {
    const changed = withData(
      Buffer.from("id: 7\r\nevent: message\r\nretry: 5\r\ndata: {\r\ndata: }\r\n\r\n"),
      "[]",
    );
    expect(changed.toString()).toBe("id: 7\nevent: message\nretry: 5\ndata: []\n\n");
  });
});
