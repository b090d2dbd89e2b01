import { describe, expect, it } from "vitest";
import { createRedact } from "./redact.ts";
import { viewSchema } from "./sensitive-schema.ts";

const HIDDEN = "[redacted]";

describe("by key and pattern", () => {
  const redact = createRedact({ keys: /^ssn$/i, patterns: [/\b\d{4}(?: \d{4}){3}\b/] });

  it("hides what stands under a secret's name, whatever it is", () => {
    const value = { password: "p", nested: [{ api_key: { deep: 1 }, ssn: 7 }], max_tokens: 5, name: "n" };
    expect(redact(value, undefined)).toEqual({
      value: { password: HIDDEN, nested: [{ api_key: HIDDEN, ssn: HIDDEN }], max_tokens: 5, name: "n" },
      count: 3,
    });
    expect(value.password).toBe("p");
  });

  it("hides shapes of secrets within text, and leaves the rest of the text", () => {
    const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";
    const { value, count } = redact(
      { note: `card 1111 2222 3333 4444, see ${jwt}.`, plain: "as it is" },
      null,
    );
    expect(value).toEqual({
      note: expect.stringContaining(`card ${HIDDEN}, see ${HIDDEN}`) as string,
      plain: "as it is",
    });
    expect(count).toBe(1);
  });

  it.each<[where: string, value: unknown]>([
    ["a pair of name and value", { name: "X-Password", value: "hunter2" }],
    ["a pair in other words", { Key: "db_pwd", Val: "hunter2" }],
    ["a header and its content", [{ header: "Authorization", content: "hunter2" }]],
    ["a field and what it is set to", { field: "password", old_value: "hunter1", new_value: "hunter2" }],
    ["an option of a command line", ["mysql", "--password", "hunter2"]],
    ["an option with its value", ["--password=hunter2"]],
    ["a command line", { command: "mysql --db-password hunter2 -u root" }],
    ["a list of names and values", ["Host", "h", "X-Api-Key", "hunter2"]],
    [
      "a list of pairs",
      [
        ["user", "u"],
        ["client_secret", "hunter2"],
      ],
    ],
    ["an abbreviation", { db_pwd: "hunter2" }],
    ["an abbreviation in capitals", { DB_PWD2: "hunter2" }],
    ["a PIN", { pin: "hunter2" }],
    ["a PIN within a name", { cardPinCode: "hunter2" }],
    ["a one-time password", { userOTP: "hunter2" }],
    ["a short name", { x_auth: "hunter2", smtpPass: "hunter2" }],
    ["a name with an accent", { Contraseña: "hunter2" }],
    ["a name with an invisible character", { "pass\u200bword": "hunter2" }],
    ["a name in full width", { "\uff50\uff57\uff44": "hunter2" }],
    ["a secret used as a key", { sk_live_hunter2hunter2hunter2: true }],
    ["a token used as a key", { "Bearer hunter2hunter2hunter2": { used: 1 } }],
    ["a pair within JSON within text", { body: '[{"name":"pin","value":"hunter2"}]' }],
    ["a list within JSON within text", { body: JSON.stringify([JSON.stringify(["--password", "hunter2"])]) }],
    ["a form's field", { fields: [{ name: "Password", type: "textbox", value: "hunter2" }] }],
    ["an input of a kind", { type: "password", value: "hunter2" }],
    ["a name and value of one prefix", { field_name: "password", field_value: "hunter2" }],
    ["JSON within text", { body: '{"pin":"hunter2","db_pwd": "hunter2"}' }],
  ])("hides a secret in %s", (_where, value) => {
    const { value: shown, count } = redact(value, undefined);
    expect(JSON.stringify(shown)).not.toMatch(/hunter/);
    expect(JSON.stringify(shown)).toContain(HIDDEN);
    expect(count).toBeGreaterThan(0);
  });

  it.each([
    [{ spin: 3, compass: "n", passed: "all", author: "a", pass_rate: "0.9", spinner: "x", opinion: "y" }],
    [{ name: "city", value: "Bern" }],
    [["--verbose", "yes"]],
    [{ command: "curl --token is wrong" }],
    [{ password: null, secret: true, token: "" }],
  ])("leaves alone what is no secret: %j", (value) => {
    expect(redact(value, undefined)).toEqual({ value, count: 0 });
  });

  it("keeps the digits of what stands beside a secret in JSON within text", () => {
    expect(redact({ body: '{"account":9007199254740993,"pin":1e400}' }, undefined)).toEqual({
      value: { body: `{"account":9007199254740993,"pin":"${HIDDEN}"}` },
      count: 1,
    });
  });

  it("keeps apart what two secrets used as keys hold, however many", () => {
    const keys = Array.from(
      { length: 5_000 },
      (_, index) => `sk_live_hunter${String(index).padStart(12, "0")}`,
    );
    const { value, count } = redact(Object.fromEntries(keys.map((key, index) => [key, index])), undefined);
    expect(Object.values(value as object)).toEqual(keys.map((_key, index) => index));
    expect(count).toBe(keys.length);
    expect(JSON.stringify(value)).not.toContain("hunter");
  });

  it("takes any JSON, and hides what is nested too deep", () => {
    for (const value of [null, true, 5, "text", [], {}]) {
      expect(redact(value, undefined).value).toEqual(value);
    }
    let deep: unknown = "secret";
    for (let level = 0; level < 10_000; level += 1) {
      deep = [deep];
    }
    expect(JSON.stringify(redact(deep, undefined).value)).not.toContain("secret");
    expect(redact({ "\ud800": "\ud800" }, undefined).value).toEqual({ "\ufffd": "\ufffd" });
  });
});

describe("what is too much to be looked at", () => {
  const redact = createRedact();

  it("is hidden, and the rest is kept", () => {
    const value = { a: 1, list: Array.from({ length: 30_000 }, () => []), text: "x".repeat(300_000), b: "y" };
    expect(redact(value, undefined)).toEqual({
      value: { a: 1, list: HIDDEN, text: HIDDEN, b: "y" },
      count: 2,
    });
    const object = Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [index, index]));
    expect(redact([1, object], undefined).value).toEqual([1, HIDDEN]);
  });
});

describe("by the tool's schema", () => {
  const redact = createRedact();
  const schema = {
    type: "object",
    properties: {
      pin: { type: "string", format: "password" },
      reply: { type: "string", writeOnly: true },
      diagnosis: { $ref: "#/$defs/medical" },
      list: { type: "array", items: { properties: { value: { "x-sensitive": true } } } },
      tuple: { prefixItems: [{}, { writeOnly: true }] },
      either: { anyOf: [{ type: "string" }, { "x-sensitive": "pii" }] },
      open: { type: "string" },
    },
    patternProperties: { "^(a+)+$": { writeOnly: true } },
    $defs: {
      medical: { allOf: [{ type: "object" }, { "x-sensitive": true }] },
      loop: { $ref: "#/$defs/loop" },
    },
  };

  it("hides what the schema marks, also behind references and branches", () => {
    const { pin, reply, diagnosis, list, tuple, either } = redact(
      {
        pin: "1234",
        reply: 42,
        diagnosis: { text: "flu" },
        list: [{ value: 1, other: 2 }],
        tuple: ["a", "b"],
        either: "x",
      },
      { ...schema, patternProperties: undefined },
    ).value as Record<string, unknown>;
    expect({ pin, reply, diagnosis, list, tuple, either }).toEqual({
      pin: HIDDEN,
      reply: HIDDEN,
      diagnosis: HIDDEN,
      list: [{ value: HIDDEN, other: 2 }],
      tuple: ["a", HIDDEN],
      either: HIDDEN,
    });
  });

  it("takes every pattern as fitting: a pattern of others is not run", () => {
    expect(redact({ open: "x", [`${"a".repeat(40)}!`]: "y" }, schema).value).toEqual({
      open: HIDDEN,
      [`${"a".repeat(40)}!`]: HIDDEN,
    });
  });

  it.each([
    ["another document", { properties: { a: { $ref: "http://x" } } }],
    ["a place that is not there", { properties: { a: { $ref: "#/a/b" } } }],
    ["an anchor", { properties: { a: { $dynamicRef: "#a" } } }],
  ])("hides what only %s could tell about", (_what, odd) => {
    expect(redact({ a: [1], b: 2 }, odd).value).toEqual({ a: HIDDEN, b: 2 });
  });

  it.each([
    ["in a list of a definition", { properties: { a: { $ref: "#/x/1" } }, x: [{}, { writeOnly: true }] }],
    [
      "by an escaped name",
      { properties: { a: { $ref: "#/$defs/a%20b~1c" } }, $defs: { "a b/c": { writeOnly: true } } },
    ],
    [
      "behind another property",
      { properties: {}, dependencies: { b: { properties: { a: { writeOnly: true } } } } },
    ],
    ["for null or text", { properties: { a: { anyOf: [{ writeOnly: true }, { type: "null" }] } } }],
    ["in words", { properties: { a: { "x-sensitive": "yes" } } }],
    [
      "for what no other keyword spoke of",
      { unevaluatedProperties: { writeOnly: true }, properties: { b: {} } },
    ],
  ])("finds a mark %s", (_where, marked) => {
    expect(redact({ a: 1 }, marked).value).toEqual({ a: HIDDEN });
  });

  it("hides everything where more schemas bear on one value than are looked at", () => {
    const many = { anyOf: Array.from({ length: 65 }, () => ({})), properties: { x: { writeOnly: true } } };
    expect(redact({ a: 1 }, many).value).toBe(HIDDEN);
  });

  it.each([
    ["allOf of 200,000", { allOf: Array.from({ length: 200_000 }, () => ({})) }],
    [
      "anyOf of 200,000 in a property",
      { properties: { a: { anyOf: Array.from({ length: 200_000 }, () => ({})) } } },
    ],
    [
      "60,000 patterns",
      { patternProperties: Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [i, {}])) },
    ],
  ])("hides everything where the schema is too large to be walked: %s", (_what, schema) => {
    expect(redact({ a: 1 }, schema).value).toBe(HIDDEN);
  });

  it("walks a schema once, however often it is asked about", () => {
    let reads = 0;
    const counted = new Proxy(
      { properties: { a: { writeOnly: true } } },
      {
        get: (target, key) => ((reads += 1), Reflect.get(target, key) as unknown),
      },
    );
    redact({ a: 1, b: 2 }, counted);
    const once = reads;
    for (let call = 0; call < 10; call += 1) {
      redact({ a: 1, b: 2 }, counted);
    }
    expect(reads).toBe(once);
  });

  it("spends no more on a schema than its budget, however its references multiply", () => {
    const names = Array.from({ length: 60 }, (_, index) => `d${index}`);
    const reference = (index: number) => ({ $ref: `#/$defs/${names[index % names.length] ?? ""}` });
    const $defs = Object.fromEntries(
      names.map((name, at) => [
        name,
        {
          properties: Object.fromEntries(
            names.map((key, to) => [key, { anyOf: [reference(at * 7 + to), reference(at * 11 + to * 3)] }]),
          ),
        },
      ]),
    );
    const nested = (depth: number): unknown =>
      depth === 0
        ? "x"
        : Object.fromEntries([1, 2, 3].map((k) => [names[(k * 5 + depth) % 60], nested(depth - 1)]));
    expect(JSON.stringify(redact(nested(7), { $defs, $ref: "#/$defs/d0" }).value)).toContain(HIDDEN);
  });

  it("survives schemas that are none, or that go in circles", () => {
    for (const odd of [null, 5, "x", [], { properties: 5 }, { $ref: "#" }, { $ref: 5 }]) {
      expect(redact({ a: [1] }, odd).value).toEqual({ a: [1] });
    }
    const circle: Record<string, unknown> = { allOf: [] };
    (circle["allOf"] as unknown[]).push(circle, { properties: { own: { writeOnly: true } } });
    expect(redact({ own: 1, __proto__: null }, circle).value).toEqual({ own: HIDDEN });
    expect(viewSchema({ properties: {} }).property("constructor").sensitive).toBe(false);
  });
});
