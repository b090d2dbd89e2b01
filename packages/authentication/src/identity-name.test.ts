import { describe, expect, it } from "vitest";
import { identityNameProblem } from "./identity-name.ts";

describe("a name of a user, an agent, a tenant or a role [GTW-1] [GTW-12]", () => {
  it.each([
    "acme",
    "a",
    "ACME GmbH",
    "auth0|5f7c8ec7",
    "alice@example.com",
    "spiffe://prod.example/ns/a",
    "a".repeat(200),
    "Jürgen Groß",
    "Ålesund",
    "Иван Петров",
    "株式会社アクメ",
    "Acme 東京",
    "עכו",
    "اكمي",
    "ไทย",
    "😀 team",
    "~*?'\"<>",
  ])("may be %j", (name) => expect(identityNameProblem(name)).toBeNull());

  it.each([
    ["nothing", ""],
    ["too long", "a".repeat(201)],
    ["a space at its end", "acme "],
    ["a space at its beginning", " acme"],
    ["nothing but a space", " "],
    ["a tab at its end", "acme\t"],
    ["a line break", "ac\nme"],
    ["a line break at its end", "acme\n"],
    ["NUL", "acme\u0000"],
    ["a control character", "ac\u001bme"],
    ["DEL", "acme\u007f"],
    ["a C1 control character", "acme\u0085"],
    ["half a surrogate pair", "acme\ud800"],
    ["a no-break space", "ac\u00a0me"],
    ["an ideographic space at its end", "acme\u3000"],
    ["a line separator", "ac\u2028me"],
    ["a zero-width space", "ac\u200bme"],
    ["a joiner", "ac\u200dme"],
    ["a byte order mark", "\ufeffacme"],
    ["a soft hyphen", "ac\u00adme"],
    ["a mark that turns the direction", "ac\u202eme"],
    ["a variation selector", "acme\ufe0f"],
    ["a Hangul filler", "acme\u3164"],
    ["a tag character", "acme\u{e0041}"],
    ["the blank of Braille", "acme\u2800"],
    ["a private use character", "acme\ue000"],
    ["full width letters", "\uff41\uff43\uff4d\uff45"],
    ["mathematical letters", "\u{1d41a}cme"],
    ["a ligature", "o\ufb03ce"],
    ["a decomposed letter", "jose\u0301"],
    ["a superscript", "acme\u00b2"],
    ["a Kelvin sign", "\u212aelvin"],
    ["a Cyrillic letter among Latin ones", "\u0430cme"],
    ["a Greek letter among Latin ones", "acm\u03b5"],
    ["a Cherokee letter among Latin ones", "\u13a0cme"],
    ["a Greek letter among Cyrillic ones", "\u0438\u03bd\u0430\u043d"],
  ])("may not have %s", (_what, name) => expect(identityNameProblem(name)).toMatch(/^must /));

  it("is looked at in time that grows with its length alone", () => {
    const started = performance.now();
    for (const name of ["a".repeat(1_000_000), " ".repeat(1_000_000), `a${"\u0301".repeat(199)}`]) {
      identityNameProblem(name);
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
