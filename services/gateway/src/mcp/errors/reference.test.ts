import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "./codes.ts";
import { VIOLATIONS } from "../../mcp-protocol/rules/violation.ts";
import { REJECTIONS } from "./rejection.ts";
import { UPSTREAM_FAILURES } from "./upstream-failure.ts";

const page = readFileSync(new URL("../../../../../docs/reference/errors.md", import.meta.url), "utf8");

/** Rows of the tables, by their first cells. */
const rows = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, ...cells]) => cells);

describe("docs/reference/errors.md lists what the code says", () => {
  it("error codes", () => {
    const codes = Object.entries(ERROR_CODES).map(([name, code]) => [String(code), name]);
    expect(rows(/^\| (-\d{5}) \| `(\w+)` \|/gm)).toEqual(codes);
  });

  it("rejections", () => {
    const rejections = Object.entries(REJECTIONS).map(([type, { status, error }]) => [
      type,
      String(status),
      String(ERROR_CODES[error]),
    ]);
    expect(rows(/^\| `(\w+)` \| (\d{3}) \| (-\d{5}) \| [A-Z]/gm)).toEqual(rejections);
  });

  it("a violation of the protocol has one code, here and at the stdio bridge", () => {
    for (const [type, { status, code }] of Object.entries(VIOLATIONS)) {
      const rejection = REJECTIONS[type as keyof typeof VIOLATIONS];
      expect([type, rejection.status, ERROR_CODES[rejection.error]]).toEqual([type, status, code]);
    }
  });

  it("failures of MCP servers", () => {
    const failures = Object.entries(UPSTREAM_FAILURES).map(([reason, { status, code, outcome }]) => [
      reason,
      String(status),
      String(code),
      outcome,
    ]);
    expect(rows(/^\| `(\w+)` \| (\d{3}) \| (-\d{5}) \| `(\w+)` \|/gm)).toEqual(failures);
  });

  it("no code collides with those that MCP reserves for other meanings", () => {
    const own = Object.values(ERROR_CODES).filter((code) => code > -32_100 && code <= -32_000);
    const reserved = new Set([-32_002, -32_021, -32_042]);
    expect(own.filter((code) => reserved.has(code))).toEqual([]);
    expect(new Set(Object.values(ERROR_CODES)).size).toBe(Object.values(ERROR_CODES).length);
  });
});
