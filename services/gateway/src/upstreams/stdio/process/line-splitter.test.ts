import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createLineSplitter } from "./line-splitter.ts";
import { captureStderr } from "./stderr-capture.ts";

function split(maxBytes: number, chunks: readonly string[]) {
  const lines: string[] = [];
  const overflows: string[] = [];
  const splitter = createLineSplitter(maxBytes, (line) => lines.push(line.toString()), {
    begin: (start) => void overflows.push(start.toString()),
  });
  for (const chunk of chunks) {
    splitter.push(Buffer.from(chunk));
  }
  splitter.end();
  return { lines, overflows };
}

describe("cutting bytes into lines", () => {
  it("does so wherever the chunks end", () => {
    const text = "one\ntwo\r\n\n\r\nthrée\nfour";
    const bytes = Buffer.from(text);
    for (let size = 1; size <= bytes.length; size += 1) {
      const lines: string[] = [];
      const splitter = createLineSplitter(100, (line) => lines.push(line.toString()), { begin: () => {} });
      for (let at = 0; at < bytes.length; at += size) {
        splitter.push(bytes.subarray(at, at + size));
      }
      splitter.end();
      expect(lines).toEqual(["one", "two", "thrée", "four"]);
    }
  });

  it("skips a line that is too long up to its end", () => {
    expect(split(4, ["ab\nabcd\nabc", "de\nxy\nabcdef"])).toEqual({
      lines: ["ab", "abcd", "xy"],
      overflows: ["abcde", "abcdef"],
    });
  });
});

describe("capturing stderr", () => {
  it("bounds its lines and their number, and says what it dropped", () => {
    // All of it within one window, however slow the machine is.
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const lines: string[] = [];
    let dropped = 0;
    const stderr = captureStderr(
      (line) => lines.push(line),
      (count) => (dropped += count),
    );
    expect(stderr.tail()).toEqual([]);
    stderr.push(Buffer.from(`${"x".repeat(10_000)}\n`));
    stderr.push(Buffer.from("spam\n".repeat(1_000)));
    stderr.push(Buffer.from("last words"));
    stderr.end();
    expect(lines[0]).toHaveLength(4_096);
    expect(lines).toHaveLength(50);
    expect(dropped).toBe(952);
    expect(stderr.tail().at(-1)).toBe("last words");
  });
});
