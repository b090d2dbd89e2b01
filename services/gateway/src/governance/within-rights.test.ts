import { describe, expect, it } from "vitest";
import type { AuthorizationQuery, PolicyEngine } from "../domain/authorization.ts";
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
