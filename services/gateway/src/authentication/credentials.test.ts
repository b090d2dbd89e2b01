import { describe, expect, it } from "vitest";
import { AuthenticationError } from "../domain/authentication-error.ts";
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

describe("AuthenticationError", () => {
  it("tells the client how to authenticate, as RFC 6750 has it", () => {
    const missing = new AuthenticationError("missing_credentials", "x");
    expect([missing.status, missing.challenge]).toEqual([401, 'Bearer realm="sark"']);
    const expired = new AuthenticationError("expired_token", 'It "has" expired\\\r\nX: y');
    expect(expired.challenge).toBe(
      `Bearer realm="sark", error="invalid_token", error_description="It 'has' expired'''X: y"`,
    );
    expect(new AuthenticationError("ambiguous_credentials", "x").challenge).toContain(
      'error="invalid_request"',
    );
    expect(new AuthenticationError("jwks_unavailable", "x").status).toBe(503);
  });
});
