import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../json/canonical-json.ts";
import { findMetadata, startOfMetadata } from "../../audit-events/metadata-text.ts";
import { createHostileRecords, createRandom } from "../../testing/hostile-events.ts";
import { METADATA_BOUNDS, metadataExcess } from "./metadata-bounds.ts";
import { isPlainMetadata } from "./plain-metadata.ts";

const members = (count: number) =>
  canonicalJson(Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at])));
const key = (length: number) => `{"${"k".repeat(length)}":1}`;

describe("isPlainMetadata", () => {
  it.each([
    "{}",
    '{"action":"gateway:tool:invoke","jsonrpc_id":17,"method":"tools/call","protocol_version":"2025-11-25"}',
    '{"a":true,"b":false,"c":null,"d":-1,"e":123456789012345,"f":"漢 \u2028}","g_2":""}',
    members(METADATA_BOUNDS.members),
    key(METADATA_BOUNDS.keyCharacters),
  ])("knows the shape that nearly all have (%#)", (text) => {
    expect(isPlainMetadata(text, 0)).toBe(true);
    expect(metadataExcess(text)).toBe(null);
    const canonical = `{"id":"x","metadata":${text},"reason":"\\u0000"}`;
    expect(isPlainMetadata(canonical, startOfMetadata(canonical))).toBe(true);
  });

  it.each([
    members(METADATA_BOUNDS.members + 1),
    key(METADATA_BOUNDS.keyCharacters + 1),
    '{"a":1,"a":2}', '{"b":1,"a":2}', '{"":1}', '{"A":1}', '{"_a":1}', '{"a.b":1}', '{"0":1}', '{"ſ":1}', '{"constructor":1}',
    '{"prototype":1}', '{"sark_cut":1}', '{"sark_json":"x"}', '{"__proto__":1}', '{"a":1234567890123456}', '{"a":1e3}',
    '{"a":1.5}', '{"a":-}', '{"a":{}}', '{"a":[]}', '{"a":"\\u0000"}', '{"a":"\\"}', '{"a":"\\"","b":1}', '{"a":"x"', '{"a":"x',
    '{"a":1,}', '{"a":1 }', '{"a" :1}', '{"a"}', '{"a":}', '{"a":tru}', '{"a":nullx}', '{', '', 'x', '[]', '"{}"',
  ])("leaves %s to the walk through all of it", (text) => {
    expect(isPlainMetadata(text, 0)).toBe(false);
  }); // prettier-ignore

  it("says of nothing that it is plain that the walk refuses, or that ends elsewhere [AUD-7]", () => {
    const random = createRandom(11);
    const records = createHostileRecords(11);
    const wrong: string[] = [];
    let plain = 0;
    let refused = 0;
    const compare = (text: string) => {
      if (metadataExcess(text) !== null) {
        refused += 1;
      }
      const canonical = `{"id":"x","metadata":${text},"reason":"}\\""}`;
      if (!isPlainMetadata(canonical, startOfMetadata(canonical))) {
        return;
      }
      plain += 1;
      const { start, end } = findMetadata(canonical) ?? { start: 0, end: 0 };
      const found = canonical.slice(start, end);
      if (metadataExcess(found) !== null || !isJson(found)) {
        wrong.push(found);
      }
    };
    for (let round = 0; round < 1_000; round += 1) {
      compare(canonicalJson(records.metadata()));
    }
    for (let round = 0; round < 30_000; round += 1) {
      const text = nearlyPlain(random);
      compare(text);
      compare(changed(text, random));
    }
    expect(wrong).toEqual([]);
    // Both sides of the comparison were met.
    expect(plain).toBeGreaterThan(5_000);
    expect(refused).toBeGreaterThan(5_000);
  });
});

/** Apart from controls within strings, which both take: no writer of the log leaves them raw. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text.replaceAll(/\p{Cc}/gu, " "));
    return true;
  } catch {
    return false;
  }
}

const KEYS = [
  "a",
  "a_b",
  "action",
  "b",
  "b2",
  "constructor",
  "method",
  "prototype",
  "sark_cut",
  "sark_json",
  "z_",
];
const ODD_KEYS = ["A", "a.b", "_id", "", "k".repeat(50), "k".repeat(51), "__proto__", "ſ", "1", "a-b", "é"];
const VALUES = [
  '""', '"x"', '"tools/call"', '"{}"', '"\\""', '"\\\\"', '"\\u0000"', '"\\ud800"', '"é\u2028"', "0", "-1", "12", "-0",
  "123456789012345", "1234567890123456", "1.5", "1e400", "01", "true", "false", "null", "{}", "[]", '{"a":1}', "[1,2]",
]; // prettier-ignore
const PIECES = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "-",
  ".",
  "0",
  "9",
  "a",
  "A",
  "_",
  " ",
  "u",
  "\u0000",
  "ſ",
  "e",
];

/** Metadata of a few members, most of them plain, in order or not. */
function nearlyPlain(random: () => number): string {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] as string;
  const names = Array.from({ length: Math.floor(random() * 5) }, () =>
    pick(random() < 0.95 ? KEYS : ODD_KEYS),
  );
  const ordered = random() < 0.8 ? [...new Set(names)].sort() : names;
  return `{${ordered.map((name) => `"${name}":${pick(VALUES)}`).join(",")}}`;
}

/** The same with one to three characters replaced, left out, doubled or put in. */
function changed(text: string, random: () => number): string {
  let made = text;
  for (let left = 1 + Math.floor(random() * 3); left > 0; left -= 1) {
    const at = Math.floor(random() * (made.length + 1));
    const piece = PIECES[Math.floor(random() * PIECES.length)] as string;
    made = made.slice(0, at) + (random() < 0.7 ? piece : "") + made.slice(at + Math.floor(random() * 3));
  }
  return made;
}
