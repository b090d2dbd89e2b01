import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { queryDatabase } from "@sark/testkit";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createAuditLog } from "../store/audit-log.ts";
import type { AuditLog, AuditLogOptions } from "../store/audit-log-types.ts";
import { createAuditReader, type AuditReader } from "../store/query/reader.ts";
import { callIntent, callOutcome } from "../store/testing/records.ts";
import { createAuditDatabase } from "../store/testing/audit-database.ts";

let database: Awaited<ReturnType<typeof createAuditDatabase>>;
let reader: AuditReader;
const open: AuditLog[] = [];
beforeAll(async () => {
  database = await createAuditDatabase();
  reader = createAuditReader({ connectionString: database.url });
});
afterEach(() => Promise.all(open.splice(0).map((log) => log.close())));
afterAll(async () => {
  await reader.close();
  await database.drop();
});

function openLog(payloads: AuditLogOptions["payloads"]): AuditLog {
  const log = createAuditLog({ connectionString: database.url, ...(payloads && { payloads }) });
  open.push(log);
  return log;
}

const sha256 = (...parts: (Buffer | string)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) {
    hash.update(part);
  }
  return hash.digest("hex");
};

it("keeps nothing unless asked to, and no more than the policy says [AUD-1]", async () => {
  const secret = { path: "/etc", password: "hunter2" };
  const silent = await openLog(undefined).record(callIntent(), { payloads: { arguments: secret } });
  expect(await reader.payloads(silent.id)).toEqual([]);
  expect((await reader.event(silent.id))?.event).not.toHaveProperty("payloads");

  const log = openLog({ policy: "full", bySensitivity: { high: "redacted", critical: "digest" } });
  const bodies: Record<string, unknown> = {};
  for (const sensitivity of ["low", "high", "critical"] as const) {
    const { id } = await log.record(callIntent({ sensitivity }), { payloads: { arguments: secret } });
    const [payload] = await reader.payloads(id);
    bodies[sensitivity] = payload?.body;
    const proven = (await reader.event(id))?.event.payloads?.arguments;
    expect(proven?.policy).toBe(payload?.policy);
    // The digest in the log opens with the salt that is kept apart; a mere digest, for those who have the payload.
    const body = payload?.body ?? canonicalize(secret) ?? "";
    expect(proven?.digest).toBe(sha256(Buffer.from(payload?.salt ?? "", "hex"), body));
    expect(proven?.bytes).toBe(Buffer.byteLength(body));
  }
  expect(bodies).toEqual({
    low: '{"password":"hunter2","path":"/etc"}',
    high: '{"password":"[redacted]","path":"/etc"}',
    critical: null,
  });
  const row = await queryDatabase(database.url, "SELECT canonical, payloads FROM gateway_audit_events");
  expect(JSON.stringify(row)).not.toContain("hunter2");
});

it("keeps of what is nested too deep for readers only the digest [AUD-6]", async () => {
  const result: unknown = JSON.parse("[".repeat(6_000) + "]".repeat(6_000));
  const { id } = await openLog({ policy: "full" }).record(callIntent(), {
    payloads: { arguments: { flat: true }, result },
  });
  expect((await reader.event(id))?.event.payloads).toMatchObject({
    arguments: { policy: "full" },
    result: { policy: "digest", oversize: true, bytes: 12_000 },
  });
  expect(await reader.payloads(id)).toMatchObject([{ body: '{"flat":true}' }, { body: null }]);
});

it("keeps arguments and results of a call, by the tool's schemas, and in one commit with the event", async () => {
  const log = openLog({ policy: "redacted", maxBytes: 1_000 });
  const { id } = await log.record(callOutcome("01a1fdb2-cca1-7d32-8059-ad0b185f980f"), {
    payloads: {
      arguments: { ssn: "078-05-1120" },
      result: { content: "x".repeat(2_000) },
      schemas: { arguments: { properties: { ssn: { "x-sensitive": true } } } },
    },
  });
  expect((await reader.event(id))?.event.payloads).toMatchObject({
    arguments: { policy: "redacted", redactions: 1 },
    result: { policy: "digest", oversize: true, redactions: 0 },
  });
  expect(await reader.payloads(id)).toMatchObject([
    { kind: "arguments", body: '{"ssn":"[redacted]"}' },
    { kind: "result", body: null },
  ]);
});

it("takes payloads that PostgreSQL's text and JSON could not hold", async () => {
  const log = openLog({ policy: "full" });
  const { id } = await log.record(callIntent(), {
    payloads: { arguments: { nul: "a\u0000b", half: "\ud800", ["\udc00"]: 1 }, result: null },
  });
  expect((await reader.payloads(id)).map(({ body }) => body)).toEqual([
    '{"half":"\ufffd","nul":"a\\u0000b","\ufffd":1}',
    "null",
  ]);
  await expect(log.record(callIntent(), { payloads: { arguments: { big: 1n } } })).rejects.toMatchObject({
    code: "invalid_event",
    field: "payloads.arguments",
  });
});

it("erases one subject's payloads, records that, and leaves the log as it was [AUD-7]", async () => {
  const log = openLog({ policy: "full" });
  const record = (user: string, request = "r") =>
    log.record(callIntent({ user_id: user, gateway_request_id: request }), {
      payloads: { arguments: { user } },
    });
  const mine = [await record("erin"), await record("erin", "other")];
  const other = await record("frank");
  const hashes = () =>
    queryDatabase(
      database.url,
      "SELECT id, canonical, leaf_hash FROM gateway_audit_events WHERE id = ANY($1) ORDER BY seq",
      [[...mine, other].map(({ id }) => id)],
    );
  const before = await hashes();

  const erasure = await log.erasePayloads({ user_id: "erin" }, "request of 21 November", {
    by: { user_id: "dpo" },
  });
  expect(erasure.payloads).toBe(2);
  expect(await hashes()).toEqual(before);
  for (const { id } of mine) {
    expect(await reader.payloads(id)).toMatchObject([
      {
        kind: "arguments",
        salt: null,
        body: null,
        erasedAt: expect.any(Date) as Date,
        erasedBy: erasure.eventId,
      },
    ]);
  }
  expect(await reader.payloads(other.id)).toMatchObject([{ body: '{"user":"frank"}', erasedAt: null }]);
  expect((await reader.event(erasure.eventId))?.event).toMatchObject({
    event_type: "payload_erasure",
    user_id: "dpo",
    reason: "request of 21 November",
    metadata: { subject: { user_id: "erin" }, payloads: 2 },
  });
  // Nothing is left of them: asked again, there is nothing to erase.
  expect(await log.erasePayloads({ user_id: "erin" }, "again")).toMatchObject({ payloads: 0 });
  expect(await log.erasePayloads({ event_id: other.id, before: new Date(0) }, "too old")).toMatchObject({
    payloads: 0,
  });
  expect(await log.erasePayloads({ event_id: other.id }, "one")).toMatchObject({ payloads: 1 });
});

it("erases for several at once, each in a transaction of its own", async () => {
  const log = openLog({ policy: "full" });
  const users = Array.from({ length: 5 }, (_none, index) => `user-${index}`);
  for (const user of users) {
    await log.record(callIntent({ user_id: user }), { payloads: { arguments: { user } } });
  }
  const erasures = await Promise.all(users.map((user) => log.erasePayloads({ user_id: user }, "asked for")));
  expect(erasures.map(({ payloads }) => payloads)).toEqual([1, 1, 1, 1, 1]);
});

it("erases no payloads by mistake", async () => {
  const log = openLog({ policy: "full" });
  for (const [selector, reason, field] of [
    [{}, "why", "selector"],
    [{ before: new Date() }, "why", "selector"],
    [{ user_id: "x" }, " ", "reason"],
    [{ event_id: "1 OR true" }, "why", "event_id"],
  ] as const) {
    await expect(log.erasePayloads(selector, reason)).rejects.toMatchObject({ code: "invalid_query", field });
  }
});
