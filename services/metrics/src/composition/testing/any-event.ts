import fc from "fast-check";

// Events as JSON text, each of them valid but for one thing or two, of which some are what PostgreSQL, JavaScript or another reader of
// JSON takes otherwise than most.

const TEXTS = [
  String.raw`"\u0000"`,
  String.raw`"a\u0000b"`,
  String.raw`"\ud800"`,
  String.raw`"x\udc00"`,
  String.raw`"\u200b"`,
  String.raw`"\ufeff"`,
  String.raw`"\"}\\{"`,
  String.raw`"\\x00"`,
  '"\u00e9"',
  '"NULL"',
  '"{}"',
  '"__proto__"',
  `"${"\u00e9".repeat(200)}"`,
  `"${"\u{1f600}".repeat(100)}"`,
];
const NUMBERS = [
  "0",
  "-0",
  "-0.0",
  "1e400",
  "-1e400",
  "1e-400",
  "1e-320",
  "1e-45",
  "1e-46",
  "9007199254740993",
  "1e131072",
  "0.1e-16384",
  "1e99999999999999999999",
  "100.000000000000001",
  "99.99999999999999999999",
  "1E2",
];
const TIMES = [
  "0000-01-01T00:00:00Z",
  "0000-02-29T00:00:00Z",
  "9999-12-31T23:59:59.999999999Z",
  "-000001-01-01T00:00:00Z",
  "2026-11-28T24:00:00Z",
  "2026-02-29T00:00:00Z",
  "2024-02-29T00:00Z",
  "2026-01-01T00:00:60Z",
  "2026-01-01T00:00:00.1234567890123456789012345678901234567890Z",
  "2026-01-01T00:00:00+23:59",
  "2026-01-01T00:00:00-00:00",
  "2026-01-01T00:00:00+24:00",
  "2026-01-01T00:00:00+0000",
  "2026-01-01 00:00:00Z",
  "1969-12-31T23:59:59.9999Z",
  "2026-01-01T00:00:00Z\n",
];
const DATE = "(202[0-9]|[0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
const CLOCK = String.raw`([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,12})?)?`;
const ZONE = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";

const asJson = (value: string) => JSON.stringify(value);
const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: "binary", maxLength: 210 }).map(asJson));
const number = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ min: 0, max: 100, noNaN: true }).map(String),
);
const time = fc
  .oneof(fc.constantFrom(...TIMES), fc.stringMatching(new RegExp(`^${DATE}T${CLOCK}${ZONE}$`)))
  .map(asJson);

const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const objectOf = (members: readonly (readonly [string, string])[]) =>
  `{${members.map(([key, value]) => `${key}:${value}`).join()}}`;
const anyJson = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom("null", "true", "[]", "{}", nested(50), nested(150)),
    text,
    number,
    fc.array(tie("json"), { maxLength: 4 }).map((all) => `[${all.join()}]`),
    fc.array(fc.tuple(text, tie("json")), { maxLength: 4 }).map(objectOf),
  ),
})).json;
const attributes = fc.oneof(anyJson, fc.array(fc.tuple(text, anyJson), { maxLength: 3 }).map(objectOf));

const oddMember = fc
  .record({
    id: anyJson,
    kind: anyJson,
    user_id: text,
    type: text,
    user_role: text,
    team: text,
    score: number,
    occurred_at: time,
    attributes,
  })
  .chain((odd) => fc.constantFrom(...Object.entries(odd)));

const almostValid = fc
  .record({
    base: fc.constantFrom({ kind: '"activity"', type: '"login"' }, { kind: '"score"', score: "50" }),
    id: fc.oneof(fc.uuid(), fc.stringMatching(/^[!-~]{1,200}$/)).map(asJson),
    odd: fc.option(oddMember, { freq: 9 }),
    more: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      fc.array(fc.tuple(text, anyJson), { maxLength: 2 }),
    ),
  })
  .map(({ base, id, odd, more }) => {
    const members = { ...base, id, user_id: '"alice"', ...(odd && { [odd[0]]: odd[1] }) };
    return objectOf([
      ...Object.entries(members).map(([key, value]) => [asJson(key), value] as const),
      ...more,
    ]);
  });

/** JSON text on one line: mostly of an event, else of anything. */
export const anyEvent = fc.oneof({ weight: 9, arbitrary: almostValid }, { weight: 1, arbitrary: anyJson });
