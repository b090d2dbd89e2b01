import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { makeEvent } from "../testing/events.ts";
import { createLogDatabase, type LogDatabase } from "../testing/log-database.ts";
import { createPostgresFeed } from "./postgres-feed.ts";

let log: LogDatabase;
beforeEach(async () => {
  log = await createLogDatabase(inject("postgresUrl"));
});
afterEach(() => log.drop());

const MEGABYTE = 1024 * 1024;

describe("createPostgresFeed", () => {
  it("reads pages in order, with the exact canonical text and what is in it [AUD-5]", async () => {
    await log.append(30, (seq) => ({
      agent_id: `a","decision":"forged","event_type":"forged-${seq}`,
      user_id: `u","timestamp":"2001-01-01T00:00:00Z`,
      metadata: { decision: "forged", event_type: "forged", timestamp: "2001-01-01T00:00:00Z", line: "a\nb" },
      ...(seq === 12 ? { decision: "deny" } : {}),
    }));
    const feed = createPostgresFeed(log.pool);
    const events = await feed.readFeed(10, 5, MEGABYTE);
    expect(events.map(({ seq }) => seq)).toEqual([10, 11, 12, 13, 14]);
    const [, , third] = events;
    expect(third).toMatchObject({
      id: makeEvent(12).id,
      decision: "deny",
      eventType: "tool_invoke",
      timestamp: makeEvent(12).timestamp,
      time: makeEvent(12).time,
    });
    expect(third?.record).toMatchObject({ id: makeEvent(12).id, metadata: { line: "a\nb" } });
    expect(await feed.readFeed(30, 5, MEGABYTE)).toEqual([]);
  });

  it("ends a page by bytes, yet brings one event at least", async () => {
    await log.append(10, () => ({ metadata: { text: "x".repeat(10_000) } }));
    const feed = createPostgresFeed(log.pool);
    expect(await feed.readFeed(0, 10, 35_000)).toHaveLength(3);
    expect(await feed.readFeed(0, 10, 1)).toHaveLength(1);
  });

  it("leaves out what was deleted, and survives texts that the store never wrote [AUD-7]", async () => {
    await log.append(10);
    await log.pool.query("DELETE FROM gateway_audit_events WHERE seq = 3");
    await log.pool.query(
      "UPDATE gateway_audit_events SET canonical = E'{\"two\":\\n1}'::bytea WHERE seq = 4",
    );
    const feed = createPostgresFeed(log.pool);
    const read = async () =>
      (await feed.readFeed(0, 10, MEGABYTE)).map(({ seq, canonical }) => [seq, canonical]);
    expect(await read()).toHaveLength(9);
    expect((await read())[3]).toEqual([4, '{"two":\n1}']);
    await log.pool.query("UPDATE gateway_audit_events SET canonical = '\\xff7b7d' WHERE seq = 5");
    expect(await read()).toHaveLength(9);
    expect((await read())[4]).toEqual([5, "\ufffd{}"]);
  });
});
