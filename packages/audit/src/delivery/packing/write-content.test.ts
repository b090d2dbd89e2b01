import { expect, it } from "vitest";
import { writeContent } from "./write-content.ts";

const entry = (text: string) => ({ text, bytes: Buffer.byteLength(text) });

it("writes entries of any characters one after the other, framed", () => {
  const texts = ["plain", "", "é€😀", "half a pair: \uD83D", "\u0000\n"];
  const frame = { opening: "„", separator: "–", closing: "“" };
  expect(writeContent(texts.map(entry), frame)).toEqual(Buffer.from(`„${texts.join("–")}“`));
  expect(writeContent([entry("alone")], { separator: "\n" }).toString()).toBe("alone");
});
