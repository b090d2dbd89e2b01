import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createLogger } from "./logger.ts";
import { redactRecord } from "./redact-record.ts";
import { redactText, scanLine } from "../redaction/secret-patterns.ts";

function write(fields: Record<string, unknown>, message = "x", extra = {}): string {
  let written = "";
  const logger = createLogger({
    service: "app",
    environment: "test",
    version: "1",
    level: "trace",
    destination: { write: (line) => (written += line) },
    ...extra,
  });
  logger.info(fields, message);
  JSON.parse(written);
  return written;
}

const JWT =
  "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImlhdCI6MTUxNjIzOTAyMn0.NHVaYe26MbtOYhSKkoKYdFVomg4i8ZJd8_-RU8VNbftc4TSMb4bXP3l3YlNWACwyXPGffz5aXHc6lty1Y2t4SWRqGteragsVdZufDn5BlnJl9pdR_kdVFUsra2rWKEofkZeIC4yWytE58sMIihvo9H1ScmmVwBcQP6XETqYd0aSHp1gOa9RdUPDvoXQ5oqygTqVtxaDr6wUFKrKItgBMzWIdNZ6y7O9E0DhEPTbE9rfBo6KTFsHAZnMg4k68CDp2woYIaXbmYTWcvbzIuHO7_37GT79XdIwkm95QJ7hYC9RiwrV7mesbY4PAahERJawntho0my942XheVLmGwLMBkQ";
const PEM = `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq2+planted/pem+body\nq83vEjRWeJCrze8SNFZ4kKvN7xI0Vnhw\n-----END RSA PRIVATE KEY-----`;

/** Each plants its secret somewhere else; `secret` is what must not be found afterwards. */
const PLANTED: [where: string, secret: string, fields: Record<string, unknown>, message?: string][] = [
  ["a field's name", "hunter2", { password: "hunter2" }],
  ["a number under a secret's name", "481516", { passphrase: 481516 }],
  ["a nested field", "s3cr3t-nested", { config: { db: { clientSecret: "s3cr3t-nested" } } }],
  [
    "a whole object under a secret's name",
    "inside-credentials",
    { credentials: { user: "u", key: "inside-credentials" } },
  ],
  ["an object in an array", "tok-in-array", { sessions: [{ accessToken: "tok-in-array" }] }],
  ["a header object", "hdr-value-1", { headers: { "X-Api-Key": "hdr-value-1", accept: "*/*" } }],
  ["a cookie header", "sid-abcdef", { headers: { cookie: "sid=sid-abcdef; theme=dark" } }],
  ["a Headers instance", "hdr-value-2", { headers: new Headers({ "proxy-authorization": "hdr-value-2" }) }],
  [
    "a raw header list",
    "hdr-value-3",
    { rawHeaders: ["Host", "h", "Authorization", "hdr-value-3", "Accept", "*/*"] },
  ],
  ["a list of header pairs", "hdr-value-4", { headers: [["x-gateway-api-key", "hdr-value-4"]] }],
  [
    "a list of name and value",
    "hdr-value-5",
    { cookies: 1, list: [{ name: "set-cookie", value: "hdr-value-5" }] },
  ],
  ["a pair in other words", "hunter2", { variable: { Key: "db_pwd", Val: "hunter2" } }],
  ["a field and what it is set to", "hunter2", { field: "password", new_value: "hunter2" }],
  ["an option of a command line", "hunter2", { argv: ["mysql", "--password", "hunter2"] }],
  ["a command line", "hunter2", { command: "mysql --db-password hunter2 -u root" }],
  ["an abbreviation", "hunter2", { db_pwd: "hunter2" }],
  ["a PIN", "hunter2", { pin: "hunter2" }],
  ["a short name", "hunter2", { smtpPass: "hunter2" }],
  ["a name with an invisible character", "hunter2", { "pass\u200bword": "hunter2" }],
  ["a secret used as a key", "sk_live_hunter2hunter2", { keys: { sk_live_hunter2hunter2: 1 } }],
  ["JSON within text", "hunter2", { body: '{"pin":"hunter2"}' }],
  ["a Map", "map-value", { map: new Map([["refresh_token", "map-value"]]) }],
  ["toJSON", "json-value", { thing: { toJSON: () => ({ api_key: "json-value" }) } }],
  ["the message", "abcdefgh12345678", {}, "sent Authorization: Bearer abcdefgh12345678 upstream"],
  ["a short bearer token", "a1b2c3", {}, "bearer: Bearer a1b2c3"],
  ["basic authentication", "dXNlcjpwYXNzd29yZA==", {}, "sent Basic dXNlcjpwYXNzd29yZA=="],
  ["a token in text", JWT.slice(-40), { note: `got ${JWT}, expired` }],
  ["a token cut in its middle", JWT.slice(20, 60), { note: JWT.slice(0, 60) }],
  ["a vendor's key", "sk_live_51H8xYzABCDEFGHIJ", { note: "using sk_live_51H8xYzABCDEFGHIJ." }],
  [
    "a vendor's key after a line break",
    "sk-ant-api03-AbCdEfGhIjKl",
    { note: "line one\nsk-ant-api03-AbCdEfGhIjKl" },
  ],
  [
    "a GitHub token",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    { url: "x ghp_16C7e42F292c6912E7710c838347Ae178B4a" },
  ],
  ["an AWS key", "AKIAIOSFODNN7EXAMPLE", { note: "key AKIAIOSFODNN7EXAMPLE used" }],
  [
    "a Google key",
    "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
    { q: "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY" },
  ],
  ["a PEM key", "planted/pem+body", { note: `key:\n${PEM}\nend` }],
  ["a PEM key cut off", "planted/pem+body", { note: PEM.slice(0, 90) }],
  ["a URL's password", "p4ssw0rd!", { url: "postgres://sark:p4ssw0rd!@db:5432/audit" }],
  ["a URL's query", "q-value-9", { url: "https://h/p?a=1&access_token=q-value-9&b=2" }],
  ["a signed URL", "f00ba4", { url: "https://h/p?X-Amz-Signature=f00ba4&x=1" }],
  ["JSON in a string", "json-pw-1", { body: '{"user":"u","password":"json-pw-1"}' }],
  [
    "JSON in a string in JSON in a string",
    "json-pw-2",
    { body: JSON.stringify({ b: '{"password": "json-pw-2"}' }) },
  ],
  ["name=value in text", "kv-value-1", {}, "connect failed: user=u password=kv-value-1 host=h"],
  ["name: value in text", "kv-value-2", {}, "api_key: kv-value-2"],
  ["a cookie header in text", "cookie-text-1", {}, "Cookie: theme=dark; sid=cookie-text-1"],
  ["an error's message", "err-pw-1", { error: new Error("login failed, password=err-pw-1") }],
  [
    "an error's stack",
    "stack-token-123456",
    { error: withStack("Error: x\n    at f (Bearer stack-token-123456)") },
  ],
  ["a cause", "cause-pw", { error: new Error("x", { cause: new Error("postgres://u:cause-pw@h/db") }) }],
  ["an error of several", "agg-pw", { error: new AggregateError([new Error("secret=agg-pw")], "x") }],
  ["an error in another field", "other-pw", { failures: [new Error("token=other-pw")] }],
  [
    "a cause that is an object",
    "obj-pw",
    { error: new Error("x", { cause: { message: "secret: obj-pw" } }) },
  ],
  ["a list of pairs in JSON in text", "hunter2", { body: '[["Authorization","hunter2"]]' }],
  ["a pair in JSON in text", "hunter2", { body: '{"name":"password","value":"hunter2"}' }],
  ["a number in JSON in text", "4815162342", { body: ' {"pin": 4815162342}' }],
  ["JSON that holds JSON as text", "hunter2", { body: JSON.stringify([JSON.stringify({ otp: "hunter2" })]) }],
  ["a quoted text of several words", "hunter2", {}, 'x {"password":"correct hunter2 battery", cut'],
  ["a quoted text with a quote in it", "hunter2", {}, String.raw`x {"password":"a\"hunter2" cut`],
  ["a dictionary of Python", "hunter2", {}, "{'password': 'correct hunter2'}"],
  ["an arrow", "hunter2", {}, ":password => 'hunter2'"],
  ["a percent-encoded form", "hunter2", {}, "password%3Dhunter2%26a=1"],
  ["a percent-encoded header", "hunter2", {}, "Authorization%3A%20Bearer%20hunter2"],
  ["a header of another scheme", "hunter2", {}, "Authorization: Token hunter2"],
  ["a header with parameters", "hunter2", {}, 'Authorization: Digest username="a", response="hunter2"'],
  ["a bearer token after a tab", "hunter2", {}, "Bearer\thunter2"],
  ["a block of YAML", "hunter2", {}, "password: |-\n  first\n  hunter2\n"],
  ["a pair of lines", "hunter2", {}, "env:\n- name: DB_PASSWORD\n  value: hunter2"],
  ["an element", "hunter2", {}, "<db.password>hunter2</db.password>"],
  ["a pair of attributes", "hunter2", {}, '<add key="Password" value="hunter2"/>'],
  ["a statement of SQL", "hunter2", {}, "CREATE USER u IDENTIFIED BY 'hunter2'"],
  ["a user with a password", "hunter2", {}, "curl -u admin:hunter2 https://x"],
  ["a URL's password with an @", "hunter2", {}, "postgres://u:p@hunter2@h/db"],
  ["a URL's only name", "hunter2hunter2hunter2", {}, "https://hunter2hunter2hunter2@github.com/x"],
  ["a webhook", "hunter2hunter2", {}, "https://hooks.slack.com/services/T0/B0/hunter2hunter2"],
  ["the gateway's own key", "hunter2", {}, `sark_${"hunter2".repeat(6)}`],
  ["text in another language", "hunter2", {}, "密码：hunter2"],
  ["a header and its value", "hunter2", { headerName: "Authorization", headerValue: "hunter2" }],
  ["a patch", "hunter2", { op: "replace", path: "/db/password", value: "hunter2" }],
  ["a form", "hunter2", { element: "Password field", text: "hunter2" }],
  ["a name with letters of another script", "hunter2", { "p\u0430ssword": "hunter2" }],
  ...[
    "비밀번호",
    "パスワード",
    "暗証番号",
    "lösenord",
    "hasło",
    "şifre",
    "mật khẩu",
    "รหัสผ่าน",
    "كلمة المرور",
    "mdp",
  ].map((name): [string, string, Record<string, unknown>] => [name, "hunter2", { [name]: "hunter2" }]),
  ["the number of a card", "4111 1111 1111 1111", { note: "paid with 4111 1111 1111 1111 today" }],
  ["a list of card numbers", "4111111111111111", { list: [4_111_111_111_111_111] }],
  ["a card's number as a key", "5555555555554444", { cards: { "5555555555554444": 1 } }],
  ["a card's number in an error", "378282246310005", { error: new Error("378282246310005 is declined") }],
  ["a card's number in the message", "6011-1111-1111-1117", {}, "paid by 6011-1111-1111-1117"],
  [
    "a card's number that a long text is cut in",
    "4111111111111",
    { text: `${"x ".repeat(4_089)}4111111111111111` },
  ],
  ["a key that is a secret", "AKIAABCDEFGHIJKLMNOP", { counts: { AKIAABCDEFGHIJKLMNOP: 1 } }],
];

function withStack(stack: string): Error {
  return Object.assign(new Error("x"), { stack });
}

describe("secrets", () => {
  it.each(PLANTED)("in %s are not written [LOG-2]", (_where, secret, fields, message) => {
    // The secret is really there to be found.
    expect(`${inspect(fields, { depth: 20 })} ${JSON.stringify(fields)} ${message}`).toContain(secret);
    const line = write(fields, message);
    expect(line).not.toContain(secret);
    expect(line).toContain("[redacted]");
  });

  it("are all taken out of one line that has them all [LOG-2]", () => {
    const fields = Object.fromEntries(PLANTED.map(([, , planted], i) => [`f${i}`, planted]));
    const line = write(fields, PLANTED.map(([, , , message]) => message ?? "").join(" | "));
    for (const [, secret] of PLANTED) {
      expect(line).not.toContain(secret);
    }
  });

  it("of the application's own names and shapes are not written either [LOG-2]", () => {
    const extra = { secretKeys: /^pin$/g, secretPatterns: [/EMP-\d{4}/, /"quoted [^ ]+/] };
    for (let i = 0; i < 3; i++) {
      const line = write({ pin: "1234", note: 'EMP-0042 and EMP-0043, "quoted thing' }, "of EMP-0044", extra);
      expect(line).not.toMatch(/1234|EMP-|thing/);
    }
  });

  it("of a person are left out where addresses of e-mail are to be hidden [LOG-2]", () => {
    const fields = {
      user: "alice@example.com",
      note: "to bob@example.org",
      list: { "carol@example.net": 1 },
    };
    const error = new Error("no such user: dave%40example.com");
    const line = write({ ...fields, error }, "mail of erin@example.com", { hideEmails: true });
    expect(line).not.toMatch(/@|%40|alice|bob|carol|dave|erin/);
  });

  it("leave the rest as it was [LOG-2]", () => {
    const fields = {
      user: "alice@example.com",
      max_tokens: 1024,
      token_count: 7,
      input_tokens: 12,
      author: "bob",
      has_password: true,
      secret: null,
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      id: "018f0000-0000-7000-8000-000000000000",
      path: "/metrics/sark_gateway_authz_requests_total",
      url: "http://127.0.0.1:8000/health?verbose=1",
      page: "http://host:8080/users/me@example.com",
      command: "docker run -u 1000:1000 x",
      body: '{"id": 9007199254740993,  "name":"city","value":"Bern"}',
      parser: { type: "token", value: "if" },
      file: { path: "src/tokenizer.ts", content: "x" },
      reason: "Unexpected token '<', \"<html>\" is not valid JSON",
      package: "task_management_system_for_everyone",
      text: 'Basic authentication is required; a bearer token was absent. "quoted" \\ back',
    };
    expect(JSON.parse(write(fields, "tool call finished: ok"))).toMatchObject(fields);
  });

  it("keep shown what stands around them [LOG-2]", () => {
    expect(redactText("GET https://u:pw@h/p?x=1&token=abc#f failed")).toBe(
      "GET https://u:[redacted]@h/p?x=1&token=[redacted]#f failed".replace("#f", ""),
    );
    expect(redactText('{"password":"abc","user":"u"}')).toBe('{"password":"[redacted]","user":"u"}');
    expect(redactRecord({ a: { token: "abc" }, b: ["Bearer abcdefgh1"] })).toEqual({
      a: { token: "[redacted]" },
      b: ["Bearer [redacted]"],
    });
  });
});

describe("sentences about secrets", () => {
  it.each([
    "upstreams.github.headers.authorization: the environment variable GITHUB_TOKEN is not set",
    "upstreams.x.env.API_TOKEN: cannot read the file /run/secrets/token",
    "headers.authorization: holds characters that a header cannot have",
    "password: must be given; token: invalid. secret: missing",
    "token: expected string, received number",
    "credentials: not accepted\nsecret: undefined",
  ])("keep their words: %s [LOG-2]", (text) => {
    expect(redactText(text)).toBe(text);
    expect(JSON.parse(write({ text }))).toMatchObject({ text });
  });

  it.each([
    ["password: thenextone", "thenextone"],
    ["password: the-value", "the-value"],
    ["password: the.value", "the.value"],
    ["password: mustard", "mustard"],
    ["password=the", "the"],
    ["password:the", "the"],
    ["token=not set", "not"],
    ["password: swordfish is wrong", "swordfish"],
    ["passphrase: correct horse", "correct"],
    ["secret: null7 x", "null7"],
    ['credential: "expired"', "expired"],
  ])("do not let a secret through: %s [LOG-2]", (text, secret) => {
    expect(redactText(text)).toBe(text.replace(secret, "[redacted]"));
  });
});

describe("the scan", () => {
  /** Text that is hard on the patterns: quotes, escapes, halves of secrets, everywhere. */
  function hostileText(random: () => number): string {
    const pieces = [
      '"',
      "\\",
      "\n",
      "\u001b",
      "{",
      "}",
      ":",
      "=",
      "?",
      "&",
      "@",
      "://",
      " ",
      "token",
      "password",
      "cookie:",
      "secret",
      "Bearer ",
      "Basic ",
      "eyJ",
      "sk_",
      "AKIA",
      "AIza",
      "-----BEGIN PRIVATE KEY-----",
      "-----END PRIVATE KEY-----",
      "ghp_",
      "a1B2c3D4e5F6g7H8i9J0k1L2m3",
      "'",
      "[redacted]",
      ",",
      "]",
      "é",
      "\ud800",
    ];
    return Array.from({ length: 30 }, () => pieces[Math.floor(random() * pieces.length)]).join("");
  }

  function seeded(seed: number): () => number {
    let state = seed;
    return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  }

  it("leaves any line valid JSON of the same shape [LOG-2]", () => {
    const random = seeded(42);
    for (let i = 0; i < 5_000; i++) {
      const record = {
        [`k${hostileText(random)}`]: hostileText(random),
        list: [hostileText(random), 5, null],
      };
      const scanned = JSON.parse(scanLine(JSON.stringify(record))) as { list: unknown[] };
      expect(Object.keys(scanned)).toHaveLength(2);
      expect(scanned.list.slice(1)).toEqual([5, null]);
    }
  });

  it.each([
    "token",
    "password: x, token",
    "<password>",
    "Bearer ",
    "authorization: token a",
    "token='a",
    "--token a",
  ])("takes the end of a text for no quote within it: %s, and a backslash [LOG-2]", (text) => {
    for (const end of ["\\", "\\\\", '\\"', '"\\', "'\\"]) {
      const record = [{ [text + end]: 123_456_789 }, { [`${text}=${end}`]: true }, text + end, 12_345_678];
      const scanned = JSON.parse(scanLine(JSON.stringify(record))) as typeof record;
      expect(scanned.slice(0, 2).flatMap((entry) => Object.values(entry))).toEqual([123_456_789, true]);
      expect(scanned.slice(2)).toEqual([expect.any(String), 12_345_678]);
    }
  });

  it.each([
    "-----BEGIN PRIVATE KEY-----",
    "eyJaaaaaaaa.",
    "Bearer ",
    "://a:",
    "token=",
    "password:",
    "cookie: ",
    "sk_a",
    "?code=",
    '\\"token\\":',
    "AKIA",
    "password: |\n  ",
    "name: password\nvalue: ",
    "<password>",
    'key="password" ',
    'password="\\',
    "password='",
    "authorization: token ",
    " -u a:",
    "password%3D",
    "password '",
  ])("reads a line of nothing but %j in time that grows no faster than it does [LOG-2]", (attack) => {
    // Processor time: what else a machine does must not count.
    const quickest = (length: number) => {
      const line = JSON.stringify(attack.repeat(length / attack.length));
      const times = Array.from({ length: 5 }, () => {
        const began = process.threadCpuUsage();
        scanLine(line);
        const { user, system } = process.threadCpuUsage(began);
        return (user + system) / 1_000;
      });
      return Math.min(...times);
    };
    // Sixteen times the length: quadratic would be 256 times the time. The floor absorbs timer noise.
    expect(quickest(320_000)).toBeLessThan(Math.max(quickest(20_000), 1) * 100);
  });
});

it("shows a key __proto__ like any other, with its secrets hidden", () => {
  const params = JSON.parse('{"a":1,"__proto__":{"password":"hunter2","user":"mallory"}}') as object;
  const line = write({ params });
  expect(line).toContain('"__proto__":{"password":"[redacted]","user":"mallory"}');
});
