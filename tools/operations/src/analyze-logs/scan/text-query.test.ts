import { describe, expect, test } from "vitest";
import { createBlock, scanBlock } from "./scan.ts";
import { createTextQuery } from "./text-query.ts";

const found = (query: string, ...lines: string[]): string[] =>
  scanBlock(
    createBlock(Buffer.from(lines.map((line) => `${line}\n`).join("")), null),
    { text: createTextQuery(query) },
    { bytes: 0, unreadable: 0 },
  ).map(({ line }) => line);
const message = (text: string) => JSON.stringify({ message: text });

describe("a text that is searched for", () => {
  test.each([
    ["without capitals, is found in either case", "error", message("An ERROR came"), true],
    ["with a capital, is found as it is", "Error", message("an error came"), false],
    ["has no special characters", "a.c", message("abc"), false],
    ["is found where JSON escapes it", 'say "hi"\\', message('say "hi"\\ now'), true],
    ["is found as JSON is written", '"level":"error"', '{"level":"error"}', true],
    ["is found where its letters are written as escapes", "grüße", '{"message":"gr\\u00fc\\u00dfe"}', true],
    ["is found in clear", "grüße", message("grüße"), true],
    ["does not match half of a character", "\u00c3", message("ü"), false],
    ["is found in what is no JSON", "panic", "panic: at once", true],
    ["with control characters is found", "a\tb", message("a\tb"), true],
    ["is not found across lines", "one two", `${message("one")}\n${message("two")}`, false],
  ])("%s", (_, query, line, matches) => {
    expect(found(query, line).length > 0).toBe(matches);
  });

  test("is found once a line, and in each line", () => {
    expect(found("x", message("x x x"), message("y"), message("x"))).toEqual([
      message("x x x"),
      message("x"),
    ]);
  });
});
