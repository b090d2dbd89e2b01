import { describe, expect, it } from "vitest";
import { decodeHeaderValue, encodeHeaderValue } from "./header-value.ts";
import { followArguments } from "./param-headers.ts";

describe("header values of 2026-07-28", () => {
  it.each([
    "add",
    "two words",
    "ünïcode",
    "",
    " padded ",
    "line\nbreak",
    "=?base64?YQ==?=",
    "\u{1f600}",
    "\ufeffx",
  ])("come back as they went: %j", (text) => {
    const encoded = encodeHeaderValue(text);
    expect(encoded).toMatch(/^[\x20-\x7e]+$/);
    expect(decodeHeaderValue(encoded)).toBe(text);
  });

  it("are literal without both ends of the wrapping", () => {
    expect(decodeHeaderValue("=?base64?YQ==")).toBe("=?base64?YQ==");
    expect(decodeHeaderValue("YQ==?=")).toBe("YQ==?=");
    expect(decodeHeaderValue("=?base64?=")).toBe("=?base64?=");
  });

  it.each(["=?base64?YQ?=", "=?base64?Y-Q=?=", "=?base64?YQ=?=", "=?base64?/w==?=", "=?base64?Y Q=?="])(
    "are refused when their base64 or UTF-8 is bad: %s",
    (value) => expect(decodeHeaderValue(value)).toBeNull(),
  );
});

describe("headers that repeat arguments, after a policy changed them", () => {
  function follow(headers: Record<string, string>, before: object, after: object): Record<string, string> {
    followArguments(headers, structuredClone(before) as never, after as never);
    return headers;
  }

  it("follow", () => {
    const headers = { "mcp-param-region": "eu", "mcp-param-count": "3", "mcp-name": "add", accept: "x" };
    expect(follow(headers, { region: "eu", n: { count: 3 } }, { region: "ü", n: { count: 3 } })).toEqual({
      "mcp-param-region": encodeHeaderValue("ü"),
      "mcp-param-count": "3",
      "mcp-name": "add",
      accept: "x",
    });
  });

  it("are dropped with their argument", () => {
    expect(follow({ "mcp-param-token": "s3cret" }, { token: "s3cret" }, {})).toEqual({});
    expect(follow({ "mcp-param-token": "s3cret" }, { token: "s3cret" }, { token: null })).toEqual({});
  });

  it("are dropped when it cannot be told which argument they repeat", () => {
    expect(follow({ "mcp-param-a": "x" }, { a: "x", b: "x" }, { a: "y", b: "x" })).toEqual({});
    expect(follow({ "mcp-param-a": "other" }, { a: "x" }, { a: "x" })).toEqual({});
    expect(follow({ "mcp-param-a": "=?base64?bad?=" }, { a: "x" }, { a: "x" })).toEqual({});
  });
});
