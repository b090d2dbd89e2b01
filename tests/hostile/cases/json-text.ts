import fc, { type Arbitrary } from "fast-check";
import { HOSTILE_TEXTS } from "./hostile-text.ts";
import { ARGUMENT_SECRET } from "../world/secrets.ts";

/** Written as they stand: what JSON.stringify never writes. */
const ODD_SCALARS = [
  "0",
  "-0",
  "1.0",
  "1e2",
  "1E400",
  "1e-400",
  "9007199254740993",
  "1".repeat(400),
  `0.${"1".repeat(1_200)}`,
  "01",
  "+1",
  ".5",
  "NaN",
  "Infinity",
  "true",
  "True",
  "null",
  "undefined",
  "'x'",
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"\\x41"',
  '"a\nb"',
  '"',
  "",
  "/*c*/1",
] as const;

const scalar: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE_TEXTS).map((text) => JSON.stringify(text)) },
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 0 }).map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.constantFrom(...ODD_SCALARS) },
);

const KEYS = [
  "text",
  "path",
  "limit",
  "nested",
  "danger",
  "Danger",
  "dan\u200bger",
  "password",
  "name",
  "arguments",
  "__proto__",
  "constructor",
  "prototype",
  "toJSON",
  "then",
  "length",
  "",
  "0",
  "a\u0000",
  "ﬁ",
  "K",
] as const;

/** A key as JSON text, now and then spelt by escapes. */
export const keyText: Arbitrary<string> = fc
  .tuple(fc.constantFrom(...KEYS), fc.boolean())
  .map(([key, escaped]) => (escaped ? spelt(key) : JSON.stringify(key)));

/** The same text by escapes alone. */
export function spelt(text: string): string {
  const units = Array.from({ length: text.length }, (_none, at) => text.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("")}"`;
}

/** Members as they come, keys repeated. */
export function objectText(members: readonly (readonly [key: string, value: string])[]): string {
  return `{${members.map(([key, value]) => `${key}:${value}`).join(",")}}`;
}

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 5, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(fc.tuple(keyText, tie("value")), { maxLength: 4 }).map(objectText) },
    { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`) },
  ),
}));

/** JSON, or nearly. */
export const jsonText: Arbitrary<string> = fc.oneof(
  { weight: 20, arbitrary: value },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 40_000 }).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 1, max: 9_000 })
      .map((depth) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 45_000 }).map((count) => `[${"1,".repeat(count)}1]`) },
);

/** Arguments that are JSON: what reaches a server, where it is allowed. */
const plainArguments: Arbitrary<string> = fc
  .dictionary(
    fc.constantFrom("text", "a", "note", "__proto__", "constructor"),
    fc.jsonValue({ maxDepth: 3 }),
    { maxKeys: 3 },
  )
  .map((made) => JSON.stringify(made));

/** An object, whose values may be anything; now and then with a secret in it. */
export const argumentsText: Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: plainArguments },
  { weight: 2, arbitrary: fc.constant(JSON.stringify({ password: ARGUMENT_SECRET, text: ARGUMENT_SECRET })) },
  { weight: 3, arbitrary: fc.array(fc.tuple(keyText, value), { maxLength: 4 }).map(objectText) },
);
