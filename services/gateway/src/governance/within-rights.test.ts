import { describe, expect, it } from "vitest";
import type { Action, AuthorizationQuery, PolicyEngine, PolicyResource } from "../domain/authorization.ts";
import type { Principal } from "../domain/principal.ts";
import { mayCall, rolesOf } from "../domain/roles.ts";
import { ALLOWED } from "./testing/allowed.ts";
import { withinRights } from "./within-rights.ts";

const principal = (roles: readonly string[], type: Principal["type"] = "user"): Principal => ({
  id: "p",
  type,
  actor: null,
  tenant: null,
  roles,
  attributes: {},
  method: "jwt",
});
const query = (who: Principal): AuthorizationQuery => ({
  principal: who,
  action: "gateway:tool:invoke",
  resource: { type: "tool", server: "files", name: "read", sensitivity: "low" },
  context: {},
});

/** A policy that permits everything, and says what it was asked. */
function permitting(): { readonly policy: PolicyEngine; readonly asked: AuthorizationQuery[] } {
  const asked: AuthorizationQuery[] = [];
  const policy: PolicyEngine = {
    name: "cedar",
    status: () => ({ engine: "cedar", revision: null, policies: 1, loadError: null }),
    check: async () => {},
    close: async () => {},
    decide: async (one) => {
      asked.push(one);
      return ALLOWED;
    },
  };
  return { policy: withinRights(policy), asked };
}

describe("the roles of a principal", () => {
  it.each([
    [[], ["user"]],
    [["developer"], ["user"]],
    [
      ["developer", "auditor"],
      ["auditor", "user"],
    ],
    [["auditor"], ["auditor"]],
    [
      ["auditor", "operator", "metrics"],
      ["operator", "auditor", "metrics"],
    ],
    [
      ["auditor", "user"],
      ["auditor", "user"],
    ],
    [["admin"], ["admin", "user"]],
    [["gateway"], ["user", "gateway"]],
    [["agent"], ["user", "agent"]],
    [["__proto__"], ["user"]],
  ])("%j are %j to the gateway [GTW-1]", (given, known) => {
    expect(rolesOf(principal(given))).toEqual(known);
  });

  it("of an agent are those of an agent [GTW-1]", () => {
    expect(rolesOf(principal(["worker"], "agent"))).toEqual(["agent"]);
    expect(mayCall(principal(["metrics"], "agent"))).toBe(false);
  });
});

describe("a principal that looks after the gateway", () => {
  it.each(["operator", "auditor", "metrics"])(
    "as %s calls nothing: no policy is asked [GTW-1]",
    async (role) => {
      const { policy, asked } = permitting();
      expect(await policy.decide(query(principal([role])))).toMatchObject({
        allow: false,
        code: "denied_by_role",
        cacheTtlSeconds: 0,
      });
      expect(asked).toEqual([]);
    },
  );

  it("and calls, too, is decided about by policy [GTW-1]", async () => {
    const { policy, asked } = permitting();
    expect(await policy.decide(query(principal(["auditor", "developer"])))).toMatchObject({ allow: true });
    expect(asked).toHaveLength(1);
  });
});

describe("a credential that is for some servers and tools", () => {
  const scope = [
    { server: "github", tools: ["search"] },
    { server: "files", tools: null },
  ];
  const sensitivity = "low";
  const tool = (server: string, name: string): PolicyResource => ({
    type: "tool",
    server,
    name,
    sensitivity,
  });
  const server = (name: string): PolicyResource => ({ type: "server", name, sensitivity });
  const cases: [Action, PolicyResource, boolean][] = [
    ["gateway:tool:invoke", tool("github", "search"), true],
    ["gateway:tool:invoke", tool("github", "Search"), false],
    ["gateway:tool:invoke", tool("github", "search "), false],
    ["gateway:tool:invoke", tool("github", "delete"), false],
    ["gateway:tool:invoke", tool("GitHub", "search"), false],
    ["gateway:tool:invoke", tool("github/search", "search"), false],
    ["gateway:tool:invoke", tool("files", "anything"), true],
    ["gateway:tool:invoke", tool("constructor", "search"), false],
    ["gateway:resource:read", { type: "resource", server: "files", uri: "file:///a", sensitivity }, true],
    ["gateway:resource:read", { type: "resource", server: "github", uri: "search", sensitivity }, false],
    ["gateway:prompt:get", { type: "prompt", server: "files", name: "p", sensitivity }, true],
    ["gateway:prompt:get", { type: "prompt", server: "github", name: "search", sensitivity }, false],
    ["gateway:server:info", server("github"), true],
    ["gateway:tool:discover", server("github"), true],
    // A method that the gateway does not know could do anything.
    ["gateway:method:call", server("github"), false],
    ["gateway:method:call", server("files"), true],
    ["gateway:server:info", server("slack"), false],
    ["gateway:server:list", { type: "gateway" }, true],
    ["gateway:tool:discover", { type: "gateway" }, true],
    ["gateway:method:call", { type: "gateway" }, false],
    ["gateway:a2a:execute", { type: "agent", id: "search", attributes: {} }, false],
  ];

  it.each(cases)("%s of %j: %s [GTW-1]", async (action, resource, within) => {
    const { policy, asked } = permitting();
    const who = { ...principal(["ci"], "agent"), scope };
    const decision = await policy.decide({ principal: who, action, resource, context: {} });
    expect([decision.allow, decision.code]).toEqual(within ? [true, "allowed"] : [false, "denied_by_scope"]);
    expect(asked).toHaveLength(within ? 1 : 0);
  });
});
