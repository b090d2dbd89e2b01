import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { bytesOnOneLine, textOnOneLine } from "./one-line.ts";

const ENDS = ["\u0085", "\u2028", "\u2029"];
const JSON_TEXT = `{"a":\r\n"b${ENDS.join("c")}d é \u00a8 \ufffd",\n"e":1}`;

/** As a server on Node's `readline` reads its input. */
async function linesOf(bytes: Buffer): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: Readable.from([bytes, "\n"]), crlfDelay: Infinity })) {
    lines.push(line);
  }
  return lines;
}

describe("JSON on one line", () => {
  it("is one line to every reader, with the same value, as text and as bytes", async () => {
    expect((await linesOf(Buffer.from(JSON_TEXT))).length).toBeGreaterThan(1);
    const text = textOnOneLine(JSON_TEXT);
    expect(text).not.toMatch(/[\n\r\u0085\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON_TEXT));
    const bytes = bytesOnOneLine(Buffer.from(JSON_TEXT));
    expect(bytes.toString("utf8")).toBe(text);
    expect(await linesOf(bytes)).toEqual([text]);
  });

  it.each(ENDS)("escapes %j where it stands alone", (end) => {
    const json = JSON.stringify({ text: `a${end}b` });
    expect(bytesOnOneLine(Buffer.from(json)).toString("utf8")).toBe(textOnOneLine(json));
    expect(textOnOneLine(json)).not.toContain(end);
  });

  it("touches no other byte, also of what is no UTF-8", () => {
    const odd = Buffer.from([0x22, 0xe2, 0x80, 0xc2, 0x0a, 0xff, 0x85, 0xa8, 0x22]);
    const expected = Buffer.from(odd);
    expected[4] = 0x20;
    expect(bytesOnOneLine(odd)).toEqual(expected);
    const clean = Buffer.from('{"a":"é"}');
    expect(bytesOnOneLine(clean)).toBe(clean);
  });
});
