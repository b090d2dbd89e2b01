import { describe, expect, it } from "vitest";
import type { AuthenticationError } from "./authentication-error.ts";
import { readCredential, type CredentialHeaders } from "./credentials.ts";

function codeOf(headers: CredentialHeaders): string {
  try {
    return readCredential(headers).kind;
  } catch (error) {
    return (error as AuthenticationError).code;
  }
}

describe("readCredential", () => {
  it.each([
    [{ authorization: "Bearer a.b.c" }, "token"],
    [{ authorization: "bearer   a.b.c " }, "token"],
    [{ authorization: "Bearer sark_abc" }, "api_key"],
    [{ "x-api-key": "sark_abc" }, "api_key"],
    [{ "x-gateway-api-key": " sark_abc " }, "api_key"],
    [{}, "missing_credentials"],
    [{ cookie: "session=1" }, "missing_credentials"],
    [{ authorization: "" }, "malformed_credentials"],
    [{ authorization: "Bearer" }, "malformed_credentials"],
    [{ authorization: "Basic YTpi" }, "malformed_credentials"],
    [{ authorization: "Bearer a.b.c d" }, "malformed_credentials"],
    [{ authorization: "Bearer a.b" }, "malformed_credentials"],
    [{ authorization: "Bearer a.b.c.d.e" }, "malformed_credentials"],
    [{ authorization: "Bearer a..c" }, "malformed_credentials"],
    [{ authorization: "Bearer a.b.c, Bearer d.e.f" }, "malformed_credentials"],
    [{ authorization: `Bearer ${"a".repeat(9_000)}.b.c` }, "malformed_credentials"],
    [{ "x-api-key": "" }, "malformed_credentials"],
    [{ "x-api-key": "a.b.c" }, "malformed_credentials"],
    [{ "x-api-key": ["sark_a", "sark_b"] }, "ambiguous_credentials"],
    [{ authorization: ["Bearer a.b.c", "Bearer d.e.f"] }, "ambiguous_credentials"],
    [{ authorization: ["Bearer a.b.c", "Bearer a.b.c"] }, "ambiguous_credentials"],
    [{ authorization: ["Basic YTpi", "Bearer a.b.c"] }, "ambiguous_credentials"],
    [{ authorization: ["Bearer a.b.c"] }, "token"],
    [{ authorization: ["Bearer a.b.c"], "x-api-key": ["nonsense"] }, "ambiguous_credentials"],
    [{ authorization: "Bearer a.b.c", "x-api-key": "sark_abc" }, "ambiguous_credentials"],
    [{ "x-gateway-api-key": "sark_abc", "x-api-key": "sark_abc" }, "ambiguous_credentials"],
  ] satisfies [CredentialHeaders, string][])("reads %j as %s", (headers, expected) => {
    expect(codeOf(headers)).toBe(expected);
  });
});
