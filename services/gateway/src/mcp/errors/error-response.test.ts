import { describe, expect, it } from "vitest";
import type { Caller } from "../../domain/governance.ts";
import { refusalText } from "./error-response.ts";

describe("the JSON-RPC error of a refusal", () => {
  it.each([
    ["denied_by_policy", -32_010],
    ["ambiguous_arguments", -32_010],
    ["rate_limited", -32_011],
    ["quota_exceeded", -32_011],
    ["policy_error", -32_012],
    ["policy_timeout", -32_012],
    // The caller's to change: to try again later helps nothing.
    ["undecidable_request", -32_602],
  ])("of %s has the code %i", (code, number) => {
    const refusal = { allowed: false, audit: null, code, reason: "why" } as const;
    const text = refusalText(1, refusal, { correlationId: "c" } as Caller);
    expect(JSON.parse(text)).toMatchObject({ error: { code: number, data: { reason_code: code } } });
  });
});
