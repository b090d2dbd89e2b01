import { expect, it } from "vitest";
import { readJsonBody } from "./json-body.ts";

const JSON_TYPE = { "content-type": "application/json" };

it.each(["gzip", "GZIP", "br, identity", "x"])("refuses a body in the coding %s", (coding) => {
  expect(() => readJsonBody({ ...JSON_TYPE, "content-encoding": coding }, Buffer.from("{}"))).toThrow(
    expect.objectContaining({ status: 415, code: "unsupported_media_type" }),
  );
  expect(readJsonBody({ ...JSON_TYPE, "content-encoding": "identity" }, Buffer.from("{}"))).toEqual({});
});

it.each([
  "application/json",
  "application/json; charset=utf-8",
  "APPLICATION/JSON",
  'application/json ;profile="x";CHARSET="UTF-8"',
  "application/json;charset=utf8;",
])("reads a body of type %s", (type) => {
  expect(readJsonBody({ "content-type": type }, Buffer.from('{"a":[1,"é"]}'))).toEqual({ a: [1, "é"] });
});

it.each([
  undefined,
  "",
  "text/plain",
  "application/json-seq",
  "application/jsonp",
  // Others decode the same bytes by what it says.
  "application/json; charset=utf-16",
  "application/json; charset*=utf-16''x",
  "application/json; charset*0=utf-16",
  "application/json;charset=iso-8859-1",
  "application/json; charset=utf-7",
  "application/json; charset=",
  "application/json; charset=utf-8; charset=utf-16",
  "application/json; charset=utf-8; charset=utf-8",
  'application/json; a="; charset=utf-16"',
])("refuses the type %s", (type) => {
  expect(() => readJsonBody({ "content-type": type }, Buffer.from("{}"))).toThrow(
    expect.objectContaining({ status: 415, code: "unsupported_media_type" }),
  );
});

it.each<[string, unknown]>([
  ["nothing", undefined],
  ["an empty body", Buffer.alloc(0)],
  ["broken JSON", Buffer.from("{")],
  ["broken UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ["a byte order mark", Buffer.from("\ufeff{}")],
  ["a key that would change a prototype", Buffer.from('{"a":{"__proto__":{"admin":true}}}')],
  ["a key twice", Buffer.from('{"a":1,"a":2}')],
  ["a key twice, once escaped, deep within", Buffer.from('{"p":[{"a":1,"\\u0061":2}]}')],
  ["keys that differ by case", Buffer.from('{"account":1,"Account":2}')],
  ["half a surrogate pair in a key", Buffer.from('{"\\uDC00":1}')],
  ["nesting without end", Buffer.from(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)],
  ["the same key, escaped", Buffer.from('{"a":{"\\u005f_proto__":{"admin":true}}}')],
])("refuses %s", (_what, body) => {
  expect(() => readJsonBody(JSON_TYPE, body)).toThrow(
    expect.objectContaining({ status: 400, code: "invalid_request", field: "body" }),
  );
});

it.each([
  ["keys that differ by case", '{"a":1,"p":{"account":1,"Account":2}}'],
  ["keys that differ by an invisible character", '{"p":[{"account":1,"acc\u200bount":2}]}'],
  ["half a surrogate pair", '{"a":"\\ud83d\\ude00","p":"\\ud800"}'],
  ["half a surrogate pair in a key", '{"p":{"\\uDC00":1}}'],
])("refuses %s, naming the field", (_what, body) => {
  expect(() => readJsonBody(JSON_TYPE, Buffer.from(body))).toThrow(
    expect.objectContaining({ status: 400, code: "invalid_request", field: "p" }),
  );
});
