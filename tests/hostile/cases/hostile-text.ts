import fc, { type Arbitrary } from "fast-check";

/** Texts that some reader takes for another one, for a structure, or for more than they are. */
export const HOSTILE_TEXTS = [
  "",
  " ",
  "..",
  "../..",
  "%2e%2e%2f",
  "%00",
  "%",
  "a/b",
  "a\\b",
  "__proto__",
  "constructor",
  "prototype",
  "hasOwnProperty",
  "toString",
  "null",
  "undefined",
  "true",
  "0",
  "-1",
  "1e309",
  "NaN",
  "9".repeat(40),
  "x".repeat(300),
  "x".repeat(5_000),
  "\u0000",
  "a\u0000b",
  "\r\nx-injected: 1\r\n\r\n",
  'a\n{"level":"fatal","message":"forged"}\n',
  "\u2028\u2029\u0085\u000b",
  "\u001b[31mred\u001b[0m",
  "\u202egnp.exe",
  "\ufeffecho",
  "ok_\u0441ho",
  "ﬁle",
  "K",
  "İ",
  "ß",
  "e\u0301",
  "🙂",
  "${UPSTREAM_TOKEN}",
  "${file:/etc/passwd}",
  "{{7*7}}",
  "$(id)",
  "'; DROP TABLE gateway_audit_events; --",
  '{a="b"}',
  "data: {}\n\n",
  `${"a".repeat(2_000)}!`,
  `${"(a+)+".repeat(50)}$`,
  "http://169.254.169.254/latest/meta-data",
  "file:///etc/passwd",
] as const;

export const hostileText: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);

/** `value` most of the time, and else something from `others`: a case that is wrong everywhere reaches nothing. */
export function mostly<T>(weight: number, value: T | Arbitrary<T>, others: Arbitrary<T>): Arbitrary<T> {
  const usual = value instanceof fc.Arbitrary ? value : fc.constant(value);
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: others });
}
