import { describe, expect, it } from "vitest";
import type { Action, AuthorizationQuery, Decision, PolicyResource } from "../domain/authorization.ts";
import { denyInsufficientScope } from "./deny-insufficient-scope.ts";
import { createTokenScopes } from "./token-scopes.ts";

const scopes = createTokenScopes(
  [
    { server: "files", scopes: ["files:read"] },
    { server: "files", tools: ["write_file", "delete_file"], scopes: ["files:write"] },
    { server: "files", tools: ["delete_file"], scopes: ["files:delete", "audit"] },
    { server: "mail", methods: ["tools/call", "prompts/get"], scopes: ["mail"] },
    { methods: ["resources/read"], scopes: ["resources"] },
  ],
  {
    "files:admin": ["files:write", "files:delete"],
    "files:write": ["files:read"],
    loop: ["loop", "files:admin"],
  },
);

const tool = (server: string, name: string): PolicyResource => ({
  type: "tool",
  server,
  name,
  sensitivity: "low",
});
const server = (name: string): PolicyResource => ({ type: "server", name, sensitivity: "low" });

const lacking = (...asked: Parameters<typeof toQuery>) => scopes.lacking(toQuery(...asked));

function toQuery(
  tokenScopes: readonly string[] | undefined,
  resource: PolicyResource,
  {
    action = "gateway:tool:invoke",
    method,
    by = "jwt",
  }: { action?: Action; method?: string; by?: "jwt" | "api_key" } = {},
): AuthorizationQuery {
  return {
    principal: {
      id: "alice",
      type: "user",
      actor: null,
      tenant: null,
      roles: [],
      attributes: {},
      method: by,
      ...(tokenScopes === undefined ? {} : { tokenScopes }),
    },
    action,
    resource,
    context: method === undefined ? {} : { method },
  };
}

describe("the scopes that a call takes [GTW-1]", () => {
  it("are those of all entries that it fits", () => {
    expect(lacking(["files:read"], tool("files", "read_file"))).toBeNull();
    expect(lacking([], tool("files", "read_file"))).toEqual(["files:read"]);
    expect(lacking([], tool("files", "write_file"))).toEqual(["files:read", "files:write"]);
    expect(lacking(["files:read", "files:write"], tool("files", "write_file"))).toBeNull();
    expect(lacking(["files:write"], tool("other", "write_file"))).toBeNull();
    expect(lacking([], server("files"), { action: "gateway:server:info", method: "ping" })).toEqual([
      "files:read",
    ]);
    expect(lacking([], server("mail"), { action: "gateway:server:info", method: "ping" })).toBeNull();
  });

  it("are asked for all at once, with those that the token has for the same server and no other", () => {
    expect(lacking(["mail", "files:write", "openid"], tool("files", "delete_file"))).toEqual([
      "files:write",
      "files:read",
      "files:delete",
      "audit",
    ]);
  });

  it("are had by a broader one, over any number of steps, and never by a narrower one", () => {
    expect(lacking(["files:admin", "audit"], tool("files", "delete_file"))).toBeNull();
    expect(lacking(["loop", "audit"], tool("files", "delete_file"))).toBeNull();
    expect(lacking(["files:write"], tool("files", "read_file"))).toBeNull();
    expect(lacking(["files:delete", "audit"], tool("files", "delete_file"))).not.toBeNull();
  });

  it.each(["Files:read", "files:read ", "files", "files:read files:write", "files:*", "*", "__proto__"])(
    "are not had by %j",
    (scope) => {
      expect(lacking([scope], tool("files", "read_file"))).not.toBeNull();
    },
  );

  it("are by method, and by that of the call which the REST API asks about, whatever its context says", () => {
    const prompt: PolicyResource = { type: "prompt", server: "mail", name: "p", sensitivity: "low" };
    const uri: PolicyResource = { type: "resource", server: "any", uri: "file:///a", sensitivity: "low" };
    expect(lacking([], prompt, { action: "gateway:prompt:get" })).toEqual(["mail"]);
    expect(lacking([], tool("mail", "send"), { method: "ping" })).toEqual(["mail"]);
    expect(lacking([], server("mail"), { action: "gateway:method:call", method: "tools/call" })).toEqual([
      "mail",
    ]);
    expect(lacking([], uri, { action: "gateway:resource:read", method: "resources/read" })).toEqual([
      "resources",
    ]);
  });

  it("are none of API keys, which have bounds of their own, nor of what is at no server", () => {
    expect(lacking(undefined, tool("files", "write_file"), { by: "api_key" })).toBeNull();
    expect(lacking([], { type: "gateway" }, { action: "gateway:server:list" })).toBeNull();
    expect(
      lacking([], { type: "agent", id: "a", attributes: {} }, { action: "gateway:a2a:execute" }),
    ).toBeNull();
  });

  it("hide what a listing has of servers at which the token may do nothing, and no single tool", () => {
    const listed = (tokenScopes: readonly string[], resource: PolicyResource) =>
      scopes.mayList(toQuery(tokenScopes, resource));
    expect(listed([], server("files"))).toBe(false);
    expect(listed([], tool("files", "read_file"))).toBe(false);
    expect(listed(["files:read"], tool("files", "delete_file"))).toBe(true);
    expect(listed(["files:admin"], tool("files", "read_file"))).toBe(true);
    expect(listed([], tool("mail", "send"))).toBe(true);
    expect(listed([], { type: "gateway" })).toBe(true);
  });

  it("are no more than the record of a denial takes", () => {
    const longest = Array.from({ length: 41 }, (_, at) => `${at}`.padEnd(49, "x"));
    expect(longest.join(" ")).toHaveLength(2_049);
    const query = toQuery([], server("a"));
    const denied = denyInsufficientScope({} as Decision, query, createTokenScopes([{ scopes: longest }], {}));
    expect(denied.reason.length).toBeLessThan(4_096);
  });

  it("are all lacked by a token whose scopes were not read", () => {
    expect(lacking(undefined, tool("files", "read_file"))).toEqual(["files:read"]);
  });

  it("of everything at a server are those of its entries without tools and methods", () => {
    expect(scopes.ofServer("files")).toEqual(["files:read"]);
    expect(scopes.ofServer("mail")).toEqual([]);
    expect(
      createTokenScopes([{ scopes: ["mcp"] }, { server: "a", scopes: ["a", "mcp"] }], {}).ofServer("a"),
    ).toEqual(["mcp", "a"]);
  });
});
