import { validate } from "@sark/observability/validation";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { parseJson } from "../json/parse-json.ts";
import { callOutcome } from "../store/testing/records.ts";
import { acceptRecord } from "./accept-record.ts";
import { toAcceptedEvent } from "./accepted-event.ts";
import { newEventId } from "./event-id.ts";
import { FIELD_LIST } from "./field-list.ts";
import { UNSTORABLE } from "./field-types.ts";
import { parseAuditRecord } from "./record.ts";

/** What each field is tried with, whatever kind it is. */
const TEXTS = ["", " ", "a", "A", "0", "5", "allow", "intent", "ok", "low"];
const ODD_TEXTS = ["\u0000", "a\u0000", "\ud800", "🔑", "__proto__"];
const LENGTHS = [32, 64, 128, 170, 256, 512, 4_096].flatMap((length) => [length, length + 1]);
const LONG_TEXTS = LENGTHS.map((length) => "x".repeat(length));
/** Of three bytes each: an index has a bound in bytes. */
const WIDE_TEXTS = [170, 171, 256].map((length) => "€".repeat(length));
const IDS = ["0198f3c1-0000-7000-8000-000000000001", "0198f3c1-0000-7000-8000-00000000000", "not-a-uuid"];
const NUMBERS = [0, -0, 1, -1, 1.5, 253_402_300_799, 253_402_300_800, 1e300, Number.NaN, Infinity, -Infinity];
const OTHERS = [
  undefined,
  null,
  5n,
  true,
  [],
  ["a"],
  {},
  { length: JSON.rawJSON("9007199254740993") },
  new Date(0),
  JSON.rawJSON("1"),
  Symbol("s"),
  () => 1,
];
const POLICIES = [
  {},
  { revision: "1" },
  { revision: 1 },
  { more: 1 },
  { ids: [1] },
  { ids: undefined },
  { ids: ["x".repeat(257)] },
  { ids: Array.from({ length: 65 }, () => "p") },
  { engine: "x".repeat(33) },
  { engine: "\u0000" },
].map((change) => ({ engine: "cedar", ids: ["one"], revision: null, ...change }));
const METADATA = [
  { a: Number.NaN },
  { a: "\u0000" },
  { a: () => 1 },
  { a: 5n },
  { ["__proto__"]: 1 },
  { a: [{ b: 1 }] },
];
const VALUES: readonly unknown[] = [
  ...TEXTS,
  ...ODD_TEXTS,
  ...LONG_TEXTS,
  ...WIDE_TEXTS,
  ...IDS,
  ...NUMBERS,
  ...OTHERS,
  ...POLICIES,
  ...METADATA,
];

const FIELDS = FIELD_LIST.filter(({ by }) => by !== "log");

function unlessThrown<T>(make: () => T): T | "refused" {
  try {
    return make();
  } catch {
    return "refused";
  }
}

describe("a record of the service is checked by one rule, in its quick form, too [AUD-1]", () => {
  it.each(FIELDS.map((field) => [field.name, field] as const))("%s", (name, { schema, accepts }) => {
    for (const value of VALUES) {
      const tried = inspect(value);
      const record = { ...callOutcome(newEventId()), [name]: value };
      const { id, created_at: _made, ...fields } = byName(unlessThrown(() => acceptRecord(record)));
      const fully = byName(unlessThrown(() => toAcceptedEvent(parseAuditRecord(record), id as string, 0)));
      expect({ tried, ...fields }).toEqual({
        tried,
        ...fully,
        id: undefined,
        created_at: undefined,
      });
      const isWritable = unlessThrown(() => UNSTORABLE.test(JSON.stringify(value) ?? "")) === false;
      if (accepts !== undefined && isWritable && name !== "metadata") {
        expect([tried, accepts(value)]).toEqual([tried, validate(schema, value).valid]);
      }
    }
  });

  it("also of fields that there are not, and that only the log itself says", () => {
    for (const field of ["id", "created_at", "payloads", "no_field", "toString", "__proto__"]) {
      const record = { ...callOutcome(newEventId()), ...Object.fromEntries([[field, "x"]]) };
      expect(() => parseAuditRecord(record)).toThrow(expect.objectContaining({ field }));
      expect(() => acceptRecord(record)).toThrow(expect.objectContaining({ field }));
    }
  });
});

function byName(event: ReturnType<typeof acceptRecord> | "refused"): Record<string, unknown> {
  return event === "refused"
    ? { refused: true }
    : (parseJson(event.canonical, "any") as Record<string, unknown>);
}
