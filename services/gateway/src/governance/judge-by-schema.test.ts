import { describe, expect, it, vi } from "vitest";
import type { Decision } from "../domain/authorization.ts";
import type { JsonObject } from "../domain/json.ts";
import { judgeBySchema } from "./judge-by-schema.ts";

const allowed: Decision = {
  allow: true,
  code: "allowed",
  reason: "Developers may.",
  policies: ["developers"],
  engine: "opa",
  revision: "r1",
  decisionId: null,
  filteredParameters: { account: 1 },
  cacheTtlSeconds: 5,
  cached: false,
};
const schema: JsonObject = { properties: { account: {} } };

async function judged(given: JsonObject | null, ask: () => Promise<JsonObject | undefined>, tool = "pay") {
  const asked: string[] = [];
  const subject = {
    eventType: "tool_invoke",
    server: "s",
    tool,
    metadata: {},
    arguments: given,
    params: null,
  };
  const decision = await judgeBySchema(allowed, subject, (server, tool) => {
    asked.push(`${server}/${tool}`);
    return ask();
  });
  return { decision, asked };
}

describe("judgeBySchema", () => {
  it("denies what the schema names otherwise, without saying how, and keeps nothing of the permission", async () => {
    const { decision, asked } = await judged({ Account: 1 }, async () => schema);
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
      expect((await judged({ account: 1, other: 2 }, ask)).decision).toBe(allowed);
    }
    expect((await judged({ Account: 1 }, async () => undefined)).decision).toBe(allowed);
  });

  it("does not wait for a server that never lists its tools", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const pending = judged({ Account: 1 }, () => new Promise<never>(() => {}));
      await vi.advanceTimersByTimeAsync(5_000);
      expect((await pending).decision).toBe(allowed);
    } finally {
      vi.useRealTimers();
    }
  });

  it("asks nobody where there is nothing to judge", async () => {
    expect((await judged(null, async () => schema)).asked).toEqual([]);
    expect((await judged({}, async () => schema)).asked).toEqual([]);
  });
});
