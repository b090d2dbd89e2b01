import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { IngestEvent } from "../domain/ingest.ts";
import { insertEvents } from "../ingest/insert-events.ts";
import { eventKey } from "../ingest/event-key.ts";
import { createMetricsDatabase } from "../testing/database.ts";
import { createScoreAnomalies, type ScoreAnomaly } from "./anomalies.ts";

const HOUR_MS = 3_600_000;
const NOW = new Date(Date.UTC(2026, 10, 28, 12, 10));
const END = Date.UTC(2026, 10, 28, 12);
const SPAN = { from: END - 100 * HOUR_MS, to: END };
let opened: Awaited<ReturnType<typeof createMetricsDatabase>>;
beforeAll(async () => {
  opened = await createMetricsDatabase(inject("postgresUrl"));
});
afterAll(() => opened.drop());

let count = 0;
/** So many scores of an hour, which ended so many hours ago. */
const scores = (team: string | null, hoursAgo: number, value: number, n = 5): IngestEvent[] =>
  Array.from({ length: n }, () => ({
    kind: "score",
    key: eventKey(`a-${(count += 1)}`),
    user: "alice",
    role: null,
    team,
    score: value,
    occurredAt: END - hoursAgo * HOUR_MS,
    attributes: null,
  }));

it("finds hours far from the usual once, of a team or of all, and takes back what late scores put right [SVC-1]", async () => {
  const found: [string, ScoreAnomaly][] = [];
  const told: string[] = [];
  const anomalies = createScoreAnomalies(
    opened.database,
    { found: (...one) => void found.push(one) },
    async (_tx, tenant, { type }) => void told.push(`${tenant} ${type}`),
  );
  const send = (tenant: string, events: IngestEvent[]) =>
    opened.database.asTenant("ingest", tenant, (tx) => insertEvents(tx, tenant, events));
  const usual = Array.from({ length: 60 }, (_, at) => [
    ...scores("red", at + 4, 70 + (at % 5)),
    ...scores("blue", at + 4, 80 + (at % 3)),
  ]).flat();
  await send("acme", usual);
  await send("globex", usual);
  await send("acme", [
    ...scores("red", 3, 72),
    ...scores("red", 2, 30),
    ...scores("blue", 2, 81),
    ...scores("red", 1, 10, 4),
  ]);
  await anomalies.detect("acme", NOW);
  await anomalies.detect("acme", NOW);
  await anomalies.detect("globex", NOW);
  const teams = found.map(
    ([tenant, { team, hour, mean }]) => `${tenant} ${team} ${(END - hour) / HOUR_MS} ${mean}`,
  );
  expect(new Set(teams)).toEqual(new Set(["acme red 2 30", "acme null 2 55.5"]));
  expect(teams).toHaveLength(2);
  expect(told).toEqual(["acme score_anomaly.found", "acme score_anomaly.found"]);
  expect(found.every(([, { deviation }]) => deviation <= -3.5)).toBe(true);
  const listed = await anomalies.list("acme", SPAN, { after: null, limit: 10 });
  expect(listed.map(({ team }) => team)).toEqual([null, "red"]);
  expect(await anomalies.list("acme", SPAN, { after: [listed[0]?.hour ?? 0, ""], limit: 10 })).toEqual(
    listed.slice(1),
  );
  expect(await anomalies.list("globex", SPAN, { after: null, limit: 10 })).toEqual([]);
  await send("acme", scores("red", 2, 75, 200));
  await anomalies.detect("acme", NOW);
  expect(await anomalies.list("acme", SPAN, { after: null, limit: 10 })).toEqual([]);
});
