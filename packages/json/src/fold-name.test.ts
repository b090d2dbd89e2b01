import { describe, expect, it } from "vitest";
import { createFold, foldName, foldSpelling } from "./fold-name.ts";

describe("foldName", () => {
  it.each<[string, string, string]>([
    ["capitals", "arguments", "Arguments"],
    ["all capitals", "uri", "URI"],
    ["the long s", "arguments", "argument\u017f"],
    ["the Kelvin sign", "token", "to\u212aen"],
    ["the dotted capital I of Turkish", "uri", "ur\u0130"],
    ["the dotless i of Turkish", "uri", "ur\u0131"],
    ["a ligature", "file", "\ufb01le"],
    ["the sharp s", "strasse", "stra\u00dfe"],
    ["the capital sharp s", "stra\u00dfe", "STRA\u1e9eE"],
    ["the final sigma", "\u03c3", "\u03c2"],
    ["a composed letter", "caf\u00e9", "cafe\u0301"],
    ["full-width letters", "name", "\uff4e\uff41\uff4d\uff45"],
    ["a mathematical letter", "name", "\u{1d427}ame"],
    ["a circled letter", "name", "\u24c3ame"],
    ["a zero-width space", "name", "na\u200bme"],
    ["a zero-width joiner", "name", "na\u200dme"],
    ["a soft hyphen", "name", "na\u00adme"],
    ["a byte order mark", "name", "\ufeffname"],
    ["a variation selector", "name", "name\ufe0f"],
    ["another variation selector", "name", "name\u{e0100}"],
    ["a tag", "name", "name\u{e0041}"],
    ["a bidi control", "name", "\u202ename"],
    ["an isolate", "name", "\u2066name\u2069"],
    ["a grapheme joiner", "name", "na\u034fme"],
    ["a Hangul filler", "name", "name\u3164"],
    ["a Braille blank", "name", "name\u2800"],
    ["a NUL", "name", "name\u0000"],
    ["a space", "name", " name"],
    ["a no-break space", "name", "name\u00a0"],
    ["a line break", "name", "name\n"],
    ["a private character", "name", "name\ue000"],
  ])("takes %s away", (_what, plain, written) => {
    expect(written).not.toBe(plain);
    expect(foldName(written)).toBe(foldName(plain));
  });

  it.each([
    ["name", "nam"],
    ["name", "n\u00e1me"],
    ["a", "\u0430"],
    ["user_id", "userId"],
    ["o", "0"],
  ])("keeps %s and %s apart", (one, other) => {
    expect(foldName(one)).not.toBe(foldName(other));
  });

  it("is one for all cases and normal forms of each character, and stays what it is", () => {
    const different: string[] = [];
    for (let code = 0; code < 0x2_0000; code += 1) {
      // Han and Hangul have no cases, and there are many; surrogates are no characters.
      if ((code >= 0x3400 && code < 0xa000) || (code >= 0xac00 && code < 0xe000)) {
        continue;
      }
      if (code >= 0x1_2000 && code < 0x1_d400) {
        continue;
      }
      const character = String.fromCodePoint(code);
      const fold = foldName(character);
      const forms = (["NFC", "NFD", "NFKC", "NFKD"] as const).map((form) => character.normalize(form));
      const others = [character.toLowerCase(), character.toUpperCase(), ...forms, fold];
      if (others.some((other) => foldName(other) !== fold)) {
        different.push(code.toString(16));
      }
    }
    expect(different).toEqual([]);
  });

  it("cannot be kept busy by marks that a normaliser would have to sort", () => {
    const name = `a${"\u0301\u0323".repeat(200_000)}`;
    expect(foldName(name)).toBe("a");
  });

  it("of a spelling ignores what joins words", () => {
    for (const written of ["task_id", "TASK-ID", "taskid"]) {
      expect(foldSpelling(written)).toBe(foldSpelling("taskId"));
    }
  });

  it("of the names of one message has an end", () => {
    const fold = createFold(foldName);
    expect(fold("X".repeat(1_000_000))).toHaveLength(1_000_000);
    expect(fold("\u00c9")).toBe(foldName("\u00e9"));
    expect(fold("\u00e9".repeat(257))).toBeNull();
    const names = Array.from({ length: 1_000 }, (_, index) => `${index}${"\u00e9".repeat(250)}`);
    expect(names.filter((name) => fold(name) !== null)).toHaveLength(128);
    // What was folded before costs nothing.
    expect(fold(names[0] ?? "")).toBe(foldName(names[0] ?? ""));
  });

  it("of the names of one message has an end in ASCII, too", () => {
    const fold = createFold(foldName);
    const names = Array.from({ length: 50_000 }, (_, index) => `${"A ".repeat(35)}${index + 10_000}`);
    expect(names.filter((name) => fold(name) !== null)).toHaveLength(13_981);
    expect(fold("A".repeat(2_000_000))).toBeNull();
    expect(fold(names[0] ?? "")).toBe(foldName(names[0] ?? ""));
  });
});
