import { describe, expect, it } from "vitest";
import { acceptRecord } from "../../../events/accept-record.ts";
import { toDeliverableEvent } from "../../audit-events/deliverable-event.ts";
import { makeEvent } from "../../testing/events.ts";
import { createHostileRecords } from "../../testing/hostile-events.ts";
import { jsonFormat } from "./json-format.ts";
import { METADATA_BOUNDS, metadataExcess } from "./metadata-bounds.ts";

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const members = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at])));
const { levels, members: most, keyCharacters, values } = METADATA_BOUNDS;

describe("metadataExcess", () => {
  it.each([
    "{}",
    nested(levels),
    members(most),
    JSON.stringify({ list: Array.from({ length: values - 2 }, () => 1) }),
    `{"${"k".repeat(keyCharacters)}":""}`,
    '{"client_address":"203.0.113.9","http.method":"GET","http.url":"/","method":"tools/call","ok":true,"x":null}',
    '{"a":[{"b":1},{"b":2}],"n":[-1,0.5,123456789012345]}',
    '{"text":"\\"}\\\\","Ünï çode":"\u2028"}',
  ])("lets metadata be an object that all receivers read (%#)", (text) => {
    expect(metadataExcess(text)).toBe(null);
  });

  it.each([
    ["depth", nested(levels + 1)],
    ["depth", `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
    ["size", members(most + 1)],
    ["size", JSON.stringify({ list: Array.from({ length: values }, () => 1) })],
    ["key", '{"":1}'],
    ["key", `{"${"k".repeat(keyCharacters + 1)}":1}`],
    ["key", '{"__proto__":1}'],
    ["key", '{"a":{"constructor":1}}'],
    ["key", '{"_id":1}'],
    ["key", '{"$ref":1}'],
    ["key", '{"sark_cut":1}'],
    ["key", '{"a":1,"A":2}'],
    ["key", '{"s":1,"ſ":2}'],
    ["key", '{"a.b":1,"a":{"b":2}}'],
    ["key", '{"a.b":1,"a":1}'],
    ["key", '{"a":"x","a.b.c":1}'],
    ["key", '{"a\\nb":1}'],
    ["key", '{"a\u200bb":1}'],
    ["number", '{"n":9007199254740993}'],
    ["number", '{"n":1e400}'],
    ["number", '{"n":01}'],
    ["number", '{"n":[1,1e21]}'],
    ["character", '{"s":"\\ud800"}'],
    ["character", '{"s":"\\u0000"}'],
    ["character", '{"s":"x"'],
  ])("finds %s in metadata that not every receiver reads (%#)", (reason, text) => {
    expect(metadataExcess(text)).toBe(reason);
  });
});

describe("json", () => {
  it("writes metadata that a receiver could stumble over as text, which gives the leaf again [AUD-7]", () => {
    const records = createHostileRecords(7);
    const reasons = new Set<string>();
    for (let seq = 0; seq < 300; seq += 1) {
      const { id, canonical } = acceptRecord(records.next());
      const text = jsonFormat.encode(toDeliverableEvent(seq, id, canonical));
      const { metadata } = JSON.parse(text) as { metadata: Record<string, string> };
      const reason = metadata["sark_json_reason"];
      if (reason !== undefined) {
        reasons.add(reason);
      }
      const leaf =
        reason === undefined
          ? text
          : text.replace(JSON.stringify(metadata), () => metadata["sark_json"] ?? "");
      expect(leaf.replace(`"seq":${seq},`, "")).toBe(canonical);
    }
    expect([...reasons].sort()).toEqual(["depth", "key", "number", "size"]);
  });

  it("does not take a caller's mark for its own", () => {
    const forged = makeEvent(1, { metadata: { sark_cut: 7, sark_excerpt: "nothing to see" } });
    expect(JSON.parse(jsonFormat.encode(forged))).toMatchObject({
      metadata: { sark_json: '{"sark_cut":7,"sark_excerpt":"nothing to see"}', sark_json_reason: "key" },
    });
    const cut = jsonFormat.cut(forged, 4);
    expect(JSON.parse(jsonFormat.encode(cut))).toMatchObject({
      metadata: { sark_cut: 46, sark_excerpt: '{"sa' },
    });
  });
});
