import { describe, expect, it, vi } from "vitest";
import type { JsonObject } from "@sark/json";
import { denyAmbiguousArguments } from "./deny-ambiguous-arguments.ts";
import { ALLOWED } from "./testing/allowed.ts";

const schema: JsonObject = { properties: { account: {} } };

async function decide(given: JsonObject | null, ask: () => Promise<JsonObject | undefined>, tool = "pay") {
  const asked: string[] = [];
  const subject = {
    eventType: "tool_invoke",
    server: "s",
    tool,
    metadata: {},
    arguments: given,
    params: null,
  };
  const decision = await denyAmbiguousArguments(ALLOWED, subject, (server, tool) => {
    asked.push(`${server}/${tool}`);
    return ask();
  });
  return { decision, asked };
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
});
