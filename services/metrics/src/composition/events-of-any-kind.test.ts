import { randomBytes } from "node:crypto";
import { queryDatabase } from "@sark/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { NDJSON } from "../ingest/read-items.ts";
import { startService, type ServiceUnderTest } from "../testing/service.ts";
import { anyEvent } from "./testing/any-event.ts";

let service: ServiceUnderTest;
let sender: string;
beforeAll(async () => {
  service = await startService(inject("postgresUrl"), {
    METRICS_INGEST_MAX_AGE: "3650d",
    METRICS_RETENTION_EVENT_DAYS: "36500",
    METRICS_RETENTION_ROLLUP_DAYS: "36500",
  });
  ({ sender } = await service.tenant("acme"));
});
afterAll(() => service.close());

interface Taken {
  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly { readonly index: number; readonly code: string; readonly message: string }[];
}

let sent = 0;
async function batch(type: string, body: string | Buffer, key = `any-${(sent += 1)}`) {
  const response = await fetch(`${service.url}/v1/batches`, {
    method: "POST",
    headers: { "x-api-key": sender, "content-type": type, "idempotency-key": key },
    body,
  });
  return { status: response.status, body: (await response.json()) as Taken };
}

it("refuses an event by its place, and never a batch for one, whatever the events are, as lines and as JSON [SVC-1]", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { minLength: 1, maxLength: 12 }), async (events) => {
      const lines = await batch(NDJSON, events.join("\n"));
      expect(lines).toMatchObject({ status: 200 });
      const json = await batch("application/json", `{"items":[${events.join()}]}`);
      expect(json).toEqual({
        status: 200,
        body: {
          accepted: 0,
          duplicates: lines.body.accepted + lines.body.duplicates,
          refused: lines.body.refused,
        },
      });
    }),
    { numRuns: 60 },
  );
});

const event = (id: string, more = "") => `{"kind":"activity","id":"${id}","user_id":"u","type":"t"${more}}`;
it.each([
  ["half of a surrogate pair", String.raw`,"attributes":{"a":"\ud800"}`],
  ["a NUL in a key that there is not", String.raw`,"a\u0000b":1`],
  ["the same key twice", ',"type":"t"'],
  ["keys that are one to some readers", ',"attributes":{"account":1,"Account":2}'],
  ["a number beyond all bounds", ',"attributes":{"a":1e1001}'],
  ["a key of prototypes", ',"attributes":{"__proto__":{}}'],
  ["levels without end", `,"attributes":{"a":${"[".repeat(200)}${"]".repeat(200)}}`],
  ["bytes that are no text", `,"attributes":{"a":"\u00ff"}`],
])("refuses an event with %s, and takes the others of its batch [SVC-1]", async (_what, more) => {
  const events = [event(`${sent}-a`), event(`${sent}-b`, more), event(`${sent}-c`)];
  const lines = await batch(NDJSON, Buffer.from(events.join("\n"), "latin1"));
  expect(lines).toMatchObject({
    status: 200,
    body: { accepted: 2, refused: [{ index: 1, code: "invalid" }] },
  });
  const json = await batch(
    "application/json",
    Buffer.from(`{ "items" : [ ${events.join(" , ")} ] }`, "latin1"),
  );
  expect(json).toEqual({ status: 200, body: { ...lines.body, accepted: 0, duplicates: 2 } });
});

it("keeps all digits of a number of attributes, in lines and in JSON", async () => {
  const events = [
    event("digits-a", ',"attributes":{"n":9007199254740993}'),
    event("digits-b", ',"attributes":{"n":1e400}'),
  ];
  expect(await batch(NDJSON, events[0] ?? "")).toMatchObject({ body: { accepted: 1 } });
  expect(await batch("application/json", `{"items":[${events.join()}]}`)).toMatchObject({
    body: { accepted: 1, duplicates: 1, refused: [] },
  });
  const rows = await queryDatabase<{ n: string }>(
    service.databaseUrl,
    "SELECT attributes ->> 'n' AS n FROM metrics.activity_events WHERE attributes ? 'n' ORDER BY 1",
  );
  expect(rows.map(({ n }) => n)).toEqual([`1${"0".repeat(400)}`, "9007199254740993"]);
});

it("does not send back, nor keep, all of a key that it does not know", async () => {
  const { body } = await batch(NDJSON, event("long", `,"${"k".repeat(100_000)}":1`));
  expect(body.refused).toHaveLength(1);
  expect(JSON.stringify(body).length).toBeLessThan(2_000);
});

it("keeps little of a batch of nothing but refused events, whatever their keys are, and responds so again [SVC-1]", async () => {
  const events = Array.from({ length: 10_000 }, (_, at) =>
    event(`r-${at}`, `,"${randomBytes(150).toString("hex")}":1`),
  );
  const text = [event("first"), ...events].slice(0, 10_000).join("\n");
  const first = await batch(NDJSON, text, "refused");
  expect(first).toMatchObject({ status: 200, body: { accepted: 1 } });
  // Each has its place and its code, and the first ones their reasons.
  expect(first.body.refused.map(({ index, code }) => [index, code])).toEqual(
    events.slice(1).map((_, at) => [at + 1, "invalid"]),
  );
  expect(first.body.refused[0]?.message).toContain("Unrecognized key");
  expect(await batch(NDJSON, text, "refused")).toEqual(first);
  const [kept] = await queryDatabase<{ bytes: number }>(
    service.databaseUrl,
    "SELECT pg_column_size(response)::int AS bytes FROM metrics.idempotency_keys WHERE key = 'refused'",
  );
  expect(kept?.bytes).toBeLessThan(256 * 1_024);
});

it("refuses an event that the database alone refuses by its place, and responds so again to the same key [SVC-1]", async () => {
  await queryDatabase(
    service.databaseUrl,
    "ALTER TABLE metrics.activity_events ADD CONSTRAINT no_poison CHECK (activity_type <> 'poison')",
  );
  const poison = event("db-2").replace('"t"', '"poison"');
  const text = [event("db-0"), "{}", poison, event("db-3"), event("db-0")].join("\n");
  const first = await batch(NDJSON, text, "poison");
  expect(first).toMatchObject({
    status: 200,
    body: {
      accepted: 2,
      duplicates: 1,
      refused: [
        { index: 1, code: "invalid" },
        { index: 2, code: "unstorable" },
      ],
    },
  });
  expect(await batch(NDJSON, text, "poison")).toEqual(first);
  const { kind, ...alone } = JSON.parse(poison) as Record<string, string>;
  expect([kind, (await service.send(sender, "POST", "/v1/activity", alone)).status]).toEqual([
    "activity",
    400,
  ]);
});
