import { policyToJson } from "@cedar-policy/cedar-wasm/nodejs";
import { describe, expect, it } from "vitest";
import { collectReferences, noReferences, type ContextAccess } from "./context-access.ts";

function referencesOf(condition: string) {
  const parsed = policyToJson(`permit(principal, action, resource) when { ${condition} };`);
  if (parsed.type === "failure") {
    throw new Error(parsed.errors[0]?.message);
  }
  const references = noReferences();
  collectReferences(parsed.json, references);
  return references;
}

/** `a.b` for a value that is looked at, `a.b?` for one that is only asked for. */
function paths(access: ContextAccess, prefix = ""): string[] {
  const own = access.whole ? [prefix] : access.fields.size === 0 && prefix !== "" ? [`${prefix}?`] : [];
  const inner = [...access.fields].flatMap(([name, field]) =>
    paths(field, prefix === "" ? name : `${prefix}.${name}`),
  );
  return [...own, ...inner].toSorted();
}

describe("collectReferences", () => {
  it.each([
    ["true", []],
    ["principal.id == resource.name", []],
    ["context.a == 1", ["a"]],
    ['context.parameters["the path"] like "a*"', ["parameters.the path"]],
    ["context has parameters && context.parameters.n > 1", ["parameters.n"]],
    ["context has a.b.c", ["a.b.c?"]],
    ["if context.a then -context.b > 1 else !context.c", ["a", "b", "c"]],
    ["[context.a, [context.b]].contains(context.c)", ["a", "b", "c"]],
    ['{"has": context.a, "Var": {".": context.b}} == {"x": 1}', ["a", "b"]],
    ["{x: context.a}.x == 1", ["a"]],
    ['ip("10.0.0.1").isInRange(context.ip)', ["ip"]],
    ["context.a in [context.b, principal]", ["a", "b"]],
    ['context.a.hasTag("x") && context.a.getTag(context.b) == 1', ["a", "b"]],
    ["context.a is User in context.b", ["a", "b"]],
    ["context.a.b == 1 && context.a == context.a", ["a", "a.b"]],
  ] satisfies [string, string[]][])("finds what %s reads", (condition, expected) => {
    expect(paths(referencesOf(condition).context)).toEqual(expected);
  });

  it("takes the whole context where it is not read by name", () => {
    expect(referencesOf("context == {a: 1}").context.whole).toBe(true);
    expect(referencesOf("[context].contains({a: 1})").context.whole).toBe(true);
  });

  it("finds the entities of conditions", () => {
    const { entities } = referencesOf(
      'Tenant::"acme".tier == 1 && [User::"a", User::"b"].contains(principal)',
    );
    expect([...entities.keys()].toSorted()).toEqual(["Tenant::acme", "User::a", "User::b"]);
  });
});
