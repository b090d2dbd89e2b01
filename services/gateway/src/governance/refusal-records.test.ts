import type { AuditRecord } from "@sark/audit";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Principal } from "../domain/principal.ts";
import { limitedRecord, type CountedCall, type Limited } from "./limited-record.ts";
import { createRefusalRecords } from "./refusal-records.ts";

const limited: Limited = {
  allowed: false,
  scope: "fallback",
  kind: "user",
  name: "alice",
  rate: { requests: 5, periodMs: 60_000, burst: 5 },
  retryAfterMs: 1_234,
};

function callOf(id: string, tool: string): CountedCall {
  const principal: Principal = {
    id,
    type: "user",
    actor: null,
    tenant: "acme",
    roles: [],
    attributes: {},
    method: "jwt",
  };
  const traceHeaders = {};
  const caller = { principal, correlationId: "c", clientAddress: "::1", credential: "k", traceHeaders };
  const subject = {
    eventType: "tool_invoke",
    server: "s",
    tool,
    metadata: { method: "tools/call" },
    arguments: { secret: "x" },
    params: null,
  };
  return { principal, caller, subject, sensitivity: "high", sessionId: null };
}

function recording(fail = false) {
  const kept: AuditRecord[] = [];
  const lost: unknown[] = [];
  const clock = { now: 0 };
  const record = (one: AuditRecord) => {
    if (fail) {
      return Promise.reject(new Error("no store"));
    }
    kept.push(one);
    return Promise.resolve({ id: `e${kept.length}`, seq: null, leafHash: "", kept: "committed" } as const);
  };
  const records = createRefusalRecords(
    { record },
    (error) => void lost.push(error),
    () => clock.now,
  );
  const refuse = (counted: CountedCall, why: Limited = limited) =>
    records.refused(counted.caller, why.kind, () => limitedRecord(counted, why, undefined));
  return { records, refuse, kept, lost, clock };
}

afterEach(() => void vi.useRealTimers());

describe("records of calls refused for their rate [GTW-3]", () => {
  it("are one of the first call, and one of the number of those after it, when the window is over", async () => {
    // No others, so that none but its own are counted.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { refuse, kept, clock } = recording();
    const ids = [];
    for (let at = 0; at < 1_000; at += 1) {
      ids.push((await refuse(callOf("alice", `tool-${at}`)))?.id);
    }
    expect(new Set(ids)).toEqual(new Set(["e1"]));
    expect(kept).toHaveLength(1);
    expect(kept[0]).toMatchObject({
      user_id: "alice",
      tenant_id: "acme",
      tool_name: "tool-0",
      sensitivity: "high",
      outcome: "rate_limited",
      metadata: { retry_after_seconds: 2, rate_limits: "local", reason_code: "rate_limited" },
    });
    expect(JSON.stringify(kept)).not.toContain("secret");
    clock.now = 10_000;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(kept).toHaveLength(2);
    expect(kept[1]).toMatchObject({
      user_id: "alice",
      decision: "deny",
      outcome: "rate_limited",
      metadata: { repeated: 999, first_event: "e1" },
    });
    expect(kept[1]).not.toHaveProperty("tool_name");
    // The next one begins anew.
    expect(await refuse(callOf("alice", "t"))).toMatchObject({ id: "e3" });
    expect(vi.getTimerCount()).toBe(1);
    clock.now = 20_000;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(kept).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of one principal and one kind of limit hide no other's", async () => {
    const { refuse, kept } = recording();
    await refuse(callOf("alice", "t"));
    await refuse(callOf("bob", "t"));
    await refuse(callOf("alice", "t"), { ...limited, kind: "tenant" });
    expect(kept.map(({ user_id }) => user_id)).toEqual(["alice", "bob", "alice"]);
  });

  it("say what is counted when the gateway stops, and a lost one is told and refuses all the same", async () => {
    const { records, refuse, kept } = recording();
    await refuse(callOf("alice", "t"));
    await refuse(callOf("alice", "t"));
    await records.close();
    expect(kept[1]).toMatchObject({ metadata: { repeated: 1 } });
    const broken = recording(true);
    expect(await broken.refuse(callOf("alice", "t"))).toBeNull();
    expect(broken.lost).toHaveLength(1);
    await broken.records.close();
  });

  it("hold a bounded number of principals", async () => {
    const { records, refuse, kept } = recording();
    for (let at = 0; at < 10_050; at += 1) {
      await refuse(callOf(`u${at}`, "t"));
      await refuse(callOf(`u${at}`, "t"));
    }
    // The oldest are written when there is no room for one more.
    expect(kept.filter(({ metadata }) => metadata?.["repeated"] === 1).length).toBeGreaterThan(40);
    await records.close();
  });
});
