import { describe, expect, it, vi } from "vitest";
import type { JsonObject } from "@sark/json";
import { denyAmbiguousArguments } from "./deny-ambiguous-arguments.ts";
import type { AuthorizationQuery, Decision } from "../domain/authorization.ts";
import { ALLOWED } from "./testing/allowed.ts";

const schema: JsonObject = { properties: { account: {} } };
const PLAIN: Decision = { ...ALLOWED, filteredParameters: null };
const QUERY: AuthorizationQuery = {
  principal: {
    id: "alice",
    type: "user",
    actor: null,
    tenant: null,
    roles: [],
    attributes: {},
    method: "api_key",
  },
  action: "gateway:tool:invoke",
  resource: { type: "tool", server: "s", name: "pay", sensitivity: "low" },
  context: { method: "tools/call" },
};

async function decide(
  given: JsonObject | null,
  ask: () => Promise<JsonObject | undefined>,
  decideOn: () => Decision = () => PLAIN,
  first: Decision = ALLOWED,
) {
  const tool = "pay";
  const readings: JsonObject[] = [];
  const asked: string[] = [];
  const subject = {
    eventType: "tool_invoke",
    server: "s",
    tool,
    metadata: {},
    arguments: given,
    params: null,
  };
  const decision = await denyAmbiguousArguments(
    first,
    QUERY,
    subject,
    (server, tool) => {
      asked.push(`${server}/${tool}`);
      return ask();
    },
    async ({ context: { parameters, ...rest }, ...query }) => {
      expect({ ...query, context: rest }).toEqual(QUERY);
      readings.push(parameters as JsonObject);
      return decideOn();
    },
  );
  return { decision, asked, readings };
}

describe("denyAmbiguousArguments", () => {
  it("denies what the schema names otherwise, without saying how, and keeps nothing of the permission", async () => {
    const { decision, asked } = await decide({ Account: 1 }, async () => schema);
    expect(asked).toEqual(["s/pay"]);
    expect(decision).toMatchObject({
      allow: false,
      code: "ambiguous_arguments",
      policies: ["developers"],
      filteredParameters: null,
      cacheTtlSeconds: 0,
    });
    expect(decision.reason).not.toMatch(/account/i);
  });

  it("leaves the decision as it is where nothing is alike, or nothing can be known", async () => {
    for (const ask of [
      async () => schema,
      async () => undefined,
      () => Promise.reject(new Error("the server is away")),
    ]) {
      expect((await decide({ account: 1, other: 2 }, ask)).decision).toBe(ALLOWED);
    }
    expect((await decide({ Account: 1 }, async () => undefined)).decision).toBe(ALLOWED);
  });

  it("does not wait for a server that never lists its tools", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const pending = decide({ Account: 1 }, () => new Promise<never>(() => {}));
      await vi.advanceTimersByTimeAsync(5_000);
      expect((await pending).decision).toBe(ALLOWED);
    } finally {
      vi.useRealTimers();
    }
  });

  it("asks no server where there is nothing to compare", async () => {
    expect((await decide(null, async () => schema)).asked).toEqual([]);
    expect((await decide({}, async () => schema)).asked).toEqual([]);
  });

  const loose: JsonObject = {
    properties: { q: { anyOf: [{ type: "string" }, { type: "array", items: {} }] }, other: {} },
  };
  const text = { q: '["a"]', other: "b" };
  const denial = { ...ALLOWED, allow: false };

  it("asks policies about the list in a text, too, and denies what they deny [GTW-12]", async () => {
    const permitted = await decide(text, async () => loose);
    expect(permitted).toMatchObject({ readings: [{ q: ["a"], other: "b" }], decision: ALLOWED });
    const { decision } = await decide(
      text,
      async () => loose,
      () => denial,
    );
    expect(decision).toMatchObject({ allow: false, code: "ambiguous_arguments" });
  });

  it("denies a text that policies would have changed as a list, and not what they change beside it", async () => {
    const filtered = (filteredParameters: JsonObject | null): Decision => ({
      ...ALLOWED,
      filteredParameters,
    });
    const decided = async (first: JsonObject | null, other: JsonObject | null) =>
      (
        await decide(
          text,
          async () => loose,
          () => filtered(other),
          filtered(first),
        )
      ).decision.allow;
    expect(await decided(null, { q: [], other: "b" })).toBe(false);
    expect(await decided({ ...text, other: "" }, { q: [], other: "" })).toBe(false);
    expect(await decided({ ...text, other: "" }, { q: ["a"], other: "" })).toBe(true);
    expect(await decided({ q: "", other: "b" }, null)).toBe(true);
  });
});
