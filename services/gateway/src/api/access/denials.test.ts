import type { AuditRecord } from "@sark/audit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Caller } from "../../domain/governance.ts";
import { HttpError } from "../../transport/errors.ts";
import { createDenials, UnrecordedDenial, type Denials } from "./denials.ts";

let kept: AuditRecord[];
let denials: Denials;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance", "Date"] });
  kept = [];
  const record = (one: AuditRecord) => {
    kept.push(one);
    return Promise.resolve({ id: `e${kept.length}`, seq: null, leafHash: "", kept: "committed" } as const);
  };
  denials = createDenials({ record }, () => undefined);
});
afterEach(async () => {
  await denials.close();
  vi.useRealTimers();
});

const METRICS = { method: "GET", path: "/metrics" };

function callerOf(id: string, tenant: string | null = null): Caller {
  return {
    principal: { id, type: "user", actor: null, tenant, roles: [], attributes: {}, method: "jwt" },
    correlationId: "c",
    clientAddress: "::1",
    credential: "k",
    traceHeaders: {},
  };
}

describe("denials of an endpoint that records none itself [GTW-1] [AUD-1]", () => {
  it("leave one event in a minute of one that asks without end, and lose no number of them", async () => {
    let asked = 0;
    // An hour, every five seconds.
    for (let at = 0; at < 720; at += 1) {
      await denials.byRole(callerOf("scraper"), METRICS);
      asked += 1;
      await vi.advanceTimersByTimeAsync(5_000);
    }
    await denials.close();
    expect(kept.length).toBeGreaterThan(50);
    expect(kept.length).toBeLessThanOrEqual(62);
    const [first, ...others] = kept;
    expect(first).toMatchObject({
      event_type: "access_denied",
      user_id: "scraper",
      decision: "deny",
      outcome: "denied",
      metadata: { reason_code: "denied_by_role", operation: "GET /metrics" },
    });
    for (const other of others) {
      expect(other.metadata).toMatchObject({ operation: "GET /metrics", first_event: "e1" });
    }
    const numbers = others.map(({ metadata }) => Number(metadata?.["repeated"]));
    expect(1 + numbers.reduce((sum, number) => sum + number, 0)).toBe(asked);
  });

  it("are recorded with all details again after a minute of silence", async () => {
    await denials.byRole(callerOf("alice"), METRICS);
    await vi.advanceTimersByTimeAsync(62_000);
    await denials.byRole(callerOf("alice"), METRICS);
    expect(kept).toHaveLength(2);
    expect(kept.map(({ metadata }) => metadata?.["repeated"])).toEqual([undefined, undefined]);
  });

  it("are apart by principal, tenant, endpoint and reason", async () => {
    for (const caller of [callerOf("alice"), callerOf("bob"), callerOf("alice", "acme")]) {
      await denials.byRole(caller, METRICS);
      await denials.byRole(caller, { method: "GET", path: "/health/detailed" });
      const beyond = new UnrecordedDenial("beyond_tenant", "forbidden", "not yours");
      await denials.thrown(caller, METRICS, beyond);
    }
    expect(kept).toHaveLength(9);
    expect(new Set(kept.map(({ reason }) => reason)).size).toBe(6);
  });

  it("leave out what has its own record, or is none", async () => {
    for (const error of [
      new HttpError("forbidden", "recorded"),
      new HttpError("not_found", "x"),
      new Error("x"),
    ]) {
      await denials.thrown(callerOf("alice"), METRICS, error);
    }
    expect(kept).toEqual([]);
  });
});
