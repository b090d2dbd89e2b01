import { expect, it } from "vitest";
import { quote } from "./quote.ts";

it("writes every text as JSON.stringify does", () => {
  const wrong: string[] = [];
  for (let unit = 0; unit <= 0xffff; unit += 1) {
    const text = `a${String.fromCharCode(unit)}b`;
    if (quote(text) !== JSON.stringify(text)) {
      wrong.push(unit.toString(16));
    }
  }
  expect(wrong).toEqual([]);
});

it.each(["", "\u{1f600}", "a".repeat(128), "a".repeat(129), `${"a".repeat(200)}"`, "\ud800\n"])(
  "writes %j as JSON.stringify does",
  (text) => {
    expect(quote(text)).toBe(JSON.stringify(text));
  },
);
