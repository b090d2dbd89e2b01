import { requireServer, startRedis } from "@sark/testkit";
import { describe, expect, it, vi } from "vitest";
import { defineScript } from "./script.ts";
import { openSharedState, type SharedStateOptions } from "./shared-state.ts";

const installed = requireServer("redis-server") !== null;
const ECHO = defineScript("return { KEYS[1], ARGV[1] }");

function opened(settings: SharedStateOptions["settings"]) {
  const told: string[] = [];
  const state = openSharedState({
    settings,
    timeoutMs: 5_000,
    keyPrefix: "t:",
    observer: {
      cameUp: () => void told.push("up"),
      wentDown: ({ code, message }) => void told.push(`${code}: ${message}`),
      failed: () => undefined,
      responded: () => undefined,
    },
  });
  return { state, told };
}

describe.skipIf(!installed)("the connection to the shared state [GTW-6]", () => {
  it("is with TLS and a password where it is told so, and takes a rotated password with the next connection", async () => {
    const redis = await startRedis({ tls: true, password: "p@ss-1" });
    let password = "wrong";
    const url = () => `rediss://:${encodeURIComponent(password)}@127.0.0.1:${redis.port}`;
    const { state, told } = opened(() => ({ url: url(), tls: { ca: redis.authority! } }));
    try {
      await state.start();
      expect(told).toEqual([expect.stringMatching(/^refused: WRONGPASS/)]);
      await expect(state.run(ECHO, ["k"], ["v"])).rejects.toMatchObject({ code: "away" });
      password = "p@ss-1";
      await vi.waitFor(async () => expect(await state.run(ECHO, ["k"], ["v"])).toEqual(["t:k", "v"]), {
        timeout: 10_000,
      });
      expect(told.slice(1)).toEqual(["up"]);
      expect(JSON.stringify(told)).not.toContain("wrong");
    } finally {
      await state.close();
      await redis.close();
    }
  });

  it("is refused to a server whose certificate is not vouched for", async () => {
    const redis = await startRedis({ tls: true });
    const { state, told } = opened(() => ({ url: `rediss://127.0.0.1:${redis.port}`, tls: {} }));
    try {
      await state.start();
      expect(told).toEqual([expect.stringMatching(/^unreachable: .*certificate/)]);
    } finally {
      await state.close();
      await redis.close();
    }
  });

  it("that cannot be had, or whose secret cannot be read, is tried again in the background, told once", async () => {
    const { state, told } = opened(() => {
      throw new Error("the file /run/secrets/redis cannot be read");
    });
    await state.start();
    expect(state.status).toMatchObject({ up: false, problem: "the file /run/secrets/redis cannot be read" });
    await state.close();
    expect(told).toHaveLength(1);
  });
});
