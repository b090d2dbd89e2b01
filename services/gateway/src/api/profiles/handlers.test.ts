import type { AuditRecord } from "@sark/audit";
import { createProfiler } from "@sark/observability/profiling";
import { expect, it } from "vitest";
import type { Caller } from "../../domain/governance.ts";
import { user } from "../../policy/testing/queries.ts";
import { createProfilesApi } from "./handlers.ts";

const CALLER: Caller = {
  principal: user("alice"),
  correlationId: "c-1",
  clientAddress: "127.0.0.1",
  credential: "api_key:k-1",
  traceHeaders: {},
};

it("a profile is on record before it begins, is one at a time, and ends when its client leaves [LOG-4]", async () => {
  const recorded: AuditRecord[] = [];
  const audit = {
    record: (record: AuditRecord) => {
      recorded.push(record);
      return Promise.resolve({} as never);
    },
  };
  const api = createProfilesApi({ audit, profiler: createProfiler(), worker: null });
  const leaving = new AbortController();
  const caller = { ...CALLER, principal: { ...CALLER.principal, tenant: null } };
  const first = api.take({ kind: "cpu", seconds: 60 }, caller, leaving.signal);
  await new Promise(setImmediate);
  await expect(api.take({ kind: "heap", seconds: 1 }, caller, leaving.signal)).rejects.toMatchObject({
    code: "profile_busy",
    status: 503,
    headers: { "retry-after": "10" },
  });
  leaving.abort();
  expect(JSON.parse(await first)).toHaveProperty("nodes");
  const bound = { ...caller, principal: { ...caller.principal, tenant: "acme" } };
  await expect(
    api.take({ kind: "cpu", seconds: 1 }, bound, new AbortController().signal),
  ).rejects.toMatchObject({ code: "forbidden" });
  expect(recorded).toMatchObject([
    { event_type: "profile_control", decision: "allow", metadata: { asked: { kind: "cpu", seconds: 60 } } },
    { event_type: "profile_control", decision: "allow", metadata: { asked: { kind: "heap" } } },
    { event_type: "profile_control", decision: "deny" },
  ]);
});
