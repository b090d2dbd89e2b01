import { validateHeaderValue } from "node:http";
import { describe, expect, it } from "vitest";
import { AuthenticationError } from "@sark/authentication";
import { createProtectedResources, type ProtectedResourcesOptions } from "./protected-resources.ts";

const WELL_KNOWN = "https://gw.example.com/.well-known/oauth-protected-resource";

function resources(options: Partial<ProtectedResourcesOptions> = {}) {
  return createProtectedResources({
    publicUrl: "https://gw.example.com",
    issuers: ["https://id.example.com/realms/one", "https://partner.example/"],
    scopesOf: (server) => (server === "files" ? ["files:read", "profile"] : []),
    ...options,
  });
}

describe("the metadata of a resource [GTW-1]", () => {
  it("say for each MCP endpoint and for the REST API who gives tokens, and for which URI", () => {
    const shared = {
      authorization_servers: ["https://id.example.com/realms/one", "https://partner.example/"],
      bearer_methods_supported: ["header"],
    };
    expect(resources().metadata("")).toEqual({ resource: "https://gw.example.com", ...shared });
    expect(resources().metadata("/mcp/files")).toEqual({
      resource: "https://gw.example.com/mcp/files",
      ...shared,
      scopes_supported: ["files:read", "profile"],
    });
  });

  it("are the same for names that no server has: without credentials nothing tells which there are", () => {
    expect(resources().metadata("/mcp/none")).toMatchObject({ resource: "https://gw.example.com/mcp/none" });
  });

  it.each([
    "/",
    "//",
    "/mcp",
    "/mcp/",
    "/mcp/files/",
    "/mcp//files",
    "/mcp/files/..",
    "/mcp/..",
    "/mcp/../mcp/files",
    "/mcp/FILES",
    "/MCP/files",
    "/mcp/files?x",
    "/mcp/files#x",
    '/mcp/a"b',
    "/mcp/a\r\nb",
    `/mcp/${"a".repeat(65)}`,
    "/api/v1/gateway/servers",
    "mcp/files",
  ])("are not at %j", (path) => {
    expect(resources().metadata(path)).toBeNull();
  });

  it("stand below the path of a public URL that has one, and the URL of them says so", () => {
    const below = resources({ publicUrl: "https://example.com/sark" });
    expect(below.metadata("/sark")).toMatchObject({ resource: "https://example.com/sark" });
    expect(below.metadata("/sark/mcp/files")).toMatchObject({
      resource: "https://example.com/sark/mcp/files",
    });
    for (const path of ["", "/mcp/files", "/sark/", "/sarkmcp/files", "/sark/sark/mcp/files"]) {
      expect(below.metadata(path)).toBeNull();
    }
    expect(below.insufficientScope(["a"], "files")).toContain(
      'resource_metadata="https://example.com/.well-known/oauth-protected-resource/sark/mcp/files"',
    );
  });

  it("are nowhere without a public URL, or without an issuer that clients can ask", () => {
    const names = ["urn:example:issuer", "sark", "http://id.example.com", "https://u:p@id.example.com/"];
    const odd = ["https://id.example.com/?x", "https://id.example.com/#x", "https://id.example.com/ x"];
    for (const without of [
      { publicUrl: undefined },
      { issuers: [] },
      { issuers: [...names, ...odd, "javascript:alert(1)"] },
    ]) {
      expect(resources(without).metadata("")).toBeNull();
      expect(resources(without).metadata("/mcp/files")).toBeNull();
      const missing = new AuthenticationError("missing_credentials", "x");
      expect(resources(without).unauthenticated(missing, null)).toBe('Bearer realm="sark"');
    }
    expect(resources({ publicUrl: undefined }).uri("files")).toBeNull();
  });
});

describe("a challenge [GTW-1]", () => {
  it("tells a request without credentials where to get some, and no more", () => {
    const missing = new AuthenticationError("missing_credentials", "x");
    expect(resources().unauthenticated(missing, "files")).toBe(
      `Bearer realm="sark", scope="files:read profile", resource_metadata="${WELL_KNOWN}/mcp/files"`,
    );
    expect(resources().unauthenticated(missing, null)).toBe(
      `Bearer realm="sark", resource_metadata="${WELL_KNOWN}"`,
    );
  });

  it("says what is wrong with those that were sent, as RFC 6750 has it", () => {
    const of = (code: ConstructorParameters<typeof AuthenticationError>[0]) =>
      resources().unauthenticated(new AuthenticationError(code, "words"), null);
    for (const code of ["expired_token", "wrong_audience", "bad_signature", "unknown_key"] as const) {
      expect(of(code)).toBe(
        `Bearer realm="sark", error="invalid_token", resource_metadata="${WELL_KNOWN}", error_description="words"`,
      );
    }
    for (const code of ["ambiguous_credentials", "malformed_credentials", "credentials_in_url"] as const) {
      expect(of(code)).toContain('error="invalid_request"');
    }
    expect(resources().insufficientScope(["files:read", "files:write"], "files")).toBe(
      `Bearer realm="sark", error="insufficient_scope", scope="files:read files:write", resource_metadata="${WELL_KNOWN}/mcp/files", error_description="The token lacks scopes for this."`,
    );
  });

  it.each(['a"b', "a\\b", "a\r\nX: y", "a/../b", "ä", "A", "", "a".repeat(65)])(
    "has nothing of a name that no server can have: %j",
    (name) => {
      const missing = new AuthenticationError("missing_credentials", "x");
      expect(resources().unauthenticated(missing, name)).toBe('Bearer realm="sark"');
      expect(resources().uri(name)).toBeNull();
    },
  );

  it("says the same to strict readers, whatever signs its words have", () => {
    const sign = (code: number) => String.fromCharCode(code);
    for (const text of [
      ...Array.from({ length: 0x300 }, (_, code) => sign(code)),
      "\u2028",
      "\ud800",
      "\u{1f600}",
    ]) {
      const error = new AuthenticationError("expired_token", `a${text}b, scope="x${text}", y=${text}`);
      const header = resources().unauthenticated(error, "files");
      expect(() => validateHeaderValue("www-authenticate", header)).not.toThrow();
      expect(header).toMatch(/^Bearer (?:\w+="[\x20-\x21\x23-\x5b\x5d-\x7e]*"(?:, |$))+$/);
      expect([...header.matchAll(/(\w+)="[^"]*"/g)].map(([, name]) => name)).toEqual([
        "realm",
        "error",
        "scope",
        "resource_metadata",
        "error_description",
      ]);
    }
  });

  it("lets nothing out of its quotes", () => {
    const injected = 'It "has" expired\\\r\nX: y, Bearer resource_metadata="https://evil.example"';
    expect(
      resources({ publicUrl: undefined }).unauthenticated(
        new AuthenticationError("expired_token", injected),
        null,
      ),
    ).toBe(
      `Bearer realm="sark", error="invalid_token", error_description="It 'has' expired'''X: y, Bearer resource_metadata='https://evil.example'"`,
    );
  });
});
