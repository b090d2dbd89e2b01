import type { AuditDestination } from "./create-destination.ts";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { startSplunkHec, type SplunkHec, type SplunkHecOptions } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { createDestinationControl } from "./postgres/destination-control.ts";
import type { DestinationStatus } from "./engine/ports/destination-control.ts";
import { indexedSeqs, splunkDestination } from "./testing/engine.ts";
import { createLogDatabase, type LogDatabase } from "./testing/log-database.ts";
import { startDelivery } from "./start-delivery.ts";
import type { Delivery } from "./engine/delivery.ts";

const TOKEN = "b5a1c1d2-0000-4000-8000-0123456789ab";
const WAIT = { timeout: 30_000, interval: 10 };

let log: LogDatabase;
let hecs: SplunkHec[];
let deliveries: Delivery[];
beforeEach(async () => {
  log = await createLogDatabase(inject("postgresUrl"));
  hecs = [];
  deliveries = [];
});
afterEach(async () => {
  for (const delivery of deliveries) {
    await delivery.close(0);
  }
  for (const hec of hecs) {
    await hec.close();
  }
  await log.drop();
});

async function startHec(options: Partial<SplunkHecOptions> = {}): Promise<SplunkHec> {
  const hec = await startSplunkHec({ token: TOKEN, ...options });
  hecs.push(hec);
  return hec;
}

function deliver(...destinations: AuditDestination[]): Delivery {
  const delivery = startDelivery({
    connectionString: log.url,
    destinations,
    replica: `replica-${deliveries.length + 1}`,
    pollMs: 10,
    electionMs: 20,
  });
  deliveries.push(delivery);
  return delivery;
}

async function statusOf(delivery: Delivery, name = "splunk"): Promise<DestinationStatus> {
  const status = (await delivery.control.status()).find((one) => one.name === name);
  if (status === undefined) {
    throw new Error(`no destination ${name}`);
  }
  return status;
}

/** Waits until nothing is behind, and checks that the figures add up. */
async function caughtUp(delivery: Delivery, name = "splunk"): Promise<DestinationStatus> {
  return vi.waitFor(async () => {
    const status = await statusOf(delivery, name);
    expect(status.behind).toBe(0);
    expect(status.addsUp).toBe(true);
    return status;
  }, WAIT);
}

const isLeading = (delivery: Delivery) => typeof delivery.snapshots()[0]?.leading?.state === "string";
const leads = (delivery: Delivery) => vi.waitUntil(() => isLeading(delivery), WAIT);
const upTo = (count: number) => Array.from({ length: count }, (_, seq) => seq);
const eventRequests = (hec: SplunkHec) => hec.requests().filter(({ operation }) => operation === "events");

describe("batches", () => {
  it("send 100 events at once, the rest after the time is over, compressed [SIEM-1] [AUD-5] [QLT-4]", async () => {
    const hec = await startHec();
    await log.append(250);
    const delivery = deliver(splunkDestination(hec, TOKEN));
    const status = await caughtUp(delivery);
    expect(indexedSeqs(hec).sort((a, b) => a - b)).toEqual(upTo(250));
    const requests = eventRequests(hec);
    expect(requests).toHaveLength(3);
    expect(status).toMatchObject({ written: 250, acknowledged: 250, quarantined: 0, behindSeconds: 0 });
    for (const { sentBytes, contentBytes } of requests) {
      expect(sentBytes).toBeLessThan(contentBytes / 2);
    }
    // The ledger knows a moment before the replica does.
    await vi.waitFor(() => {
      expect(delivery.snapshots()[0]?.leading).toMatchObject({
        state: "running",
        circuit: { state: "closed" },
        compression: "gzip",
        backlog: { events: 0, since: null },
      });
    }, WAIT);
  });

  it("wait for their time, unless a flush is asked for [SIEM-1]", async () => {
    const hec = await startHec();
    const delivery = deliver(splunkDestination(hec, TOKEN, { settings: { maxWaitMs: 3_600_000 } }));
    await log.append(7);
    await vi.waitUntil(() => delivery.snapshots()[0]?.leading?.batching.waiting === 7, WAIT);
    expect(hec.requests()).toEqual([]);
    await delivery.flush("splunk", new AbortController().signal);
    expect(indexedSeqs(hec)).toEqual(upTo(7));
    await expect(delivery.flush("unknown", new AbortController().signal)).rejects.toThrow(
      'no destination "unknown"',
    );
  });

  it("are limited by bytes, too", async () => {
    const hec = await startHec();
    await log.append(10, () => ({ metadata: { text: "x".repeat(10_000) } }));
    await caughtUp(deliver(splunkDestination(hec, TOKEN, { settings: { maxBytes: 25_000 } })));
    expect(eventRequests(hec)).toHaveLength(5);
  });
});

describe("one request at a time", () => {
  it("keeps the order of the log though some of it is refused [SIEM-5]", async () => {
    const hec = await startHec();
    hec.poison("poison");
    const bad = (seq: number) => seq % 50 === 13;
    await log.append(400, (seq) => (bad(seq) ? { reason: "poison" } : {}));
    await caughtUp(
      deliver(splunkDestination(hec, TOKEN, { settings: { maxConcurrency: 1, maxEvents: 20 } })),
    );
    expect(indexedSeqs(hec)).toEqual(upTo(400).filter((seq) => !bad(seq)));
  });
});

describe("a backlog", () => {
  const strict = { maxConcurrency: 1, maxEvents: 50 };

  it("goes out in larger requests, and in order; what comes after it in batches [SIEM-1] [SIEM-5]", async () => {
    const hec = await startHec();
    await log.append(4_000);
    const delivery = deliver(
      splunkDestination(hec, TOKEN, { settings: { ...strict, maxCatchUpEvents: 400 } }),
    );
    await caughtUp(delivery);
    expect(indexedSeqs(hec)).toEqual(upTo(4_000));
    const caught = eventRequests(hec).length;
    expect(caught).toBeLessThan(40);
    await log.append(120);
    await caughtUp(delivery);
    expect(indexedSeqs(hec)).toEqual(upTo(4_120));
    expect(eventRequests(hec).length - caught).toBe(3);
  });

  it("goes out in batches where that is how it is wanted [SIEM-1]", async () => {
    const hec = await startHec();
    await log.append(1_000);
    await caughtUp(deliver(splunkDestination(hec, TOKEN, { settings: { ...strict, maxCatchUpEvents: 50 } })));
    expect(eventRequests(hec)).toHaveLength(20);
    expect(indexedSeqs(hec)).toEqual(upTo(1_000));
  });

  it("keeps its order though requests fail, are refused, and are too large [SIEM-5]", async () => {
    const hec = await startHec({ maxBytes: 60_000 });
    hec.poison("poison");
    hec.faults.add({ kind: "code", code: 9, times: 3 }, { kind: "response", status: 503 });
    await log.append(3_000, (seq) => (seq % 700 === 3 ? { reason: "poison" } : {}));
    const status = await caughtUp(deliver(splunkDestination(hec, TOKEN, { settings: strict })));
    expect(status).toMatchObject({ acknowledged: 2_995, quarantined: 5 });
    expect(indexedSeqs(hec)).toEqual(upTo(3_000).filter((seq) => seq % 700 !== 3));
  });
});

describe("batches that need several requests", () => {
  it("do not wait for acknowledgements in between: the order is kept [SIEM-5]", async () => {
    const hec = await startHec({ acknowledgement: true });
    await log.append(3, () => ({ metadata: { text: "x".repeat(900_000) } }));
    await log.append(100);
    const settings = { maxConcurrency: 1, maxEvents: 3, maxCatchUpEvents: 3, maxBytes: 4_000_000 };
    await caughtUp(deliver(splunkDestination(hec, TOKEN, { settings })));
    expect(indexedSeqs(hec)).toEqual(upTo(103));
    expect(eventRequests(hec).length).toBeGreaterThan(35);
  });
});

describe("outages", () => {
  it("lose nothing, and keep the order [SIEM-5]", async () => {
    const hec = await startHec();
    const delivery = deliver(splunkDestination(hec, TOKEN, { settings: { maxConcurrency: 1 } }));
    await log.append(120);
    await caughtUp(delivery);
    await hec.goDown();
    for (let n = 0; n < 5; n++) {
      await log.append(150);
    }
    await vi.waitUntil(() => delivery.snapshots()[0]?.leading?.state === "open", WAIT);
    expect(await statusOf(delivery)).toMatchObject({ behind: 750, acknowledged: 120, addsUp: true });
    await hec.restore();
    await caughtUp(delivery);
    expect(indexedSeqs(hec)).toEqual(upTo(870));
  });

  it("end as they would have although the clock is set back meanwhile [SIEM-5]", async () => {
    const hec = await startHec({ acknowledgement: true });
    const delivery = deliver(splunkDestination(hec, TOKEN));
    await log.append(10);
    await caughtUp(delivery);
    await hec.goDown();
    await log.append(150);
    await vi.waitUntil(() => delivery.snapshots()[0]?.leading?.state === "open", WAIT);
    const { now } = Date;
    vi.spyOn(Date, "now").mockImplementation(() => now() - 10 * 86_400_000);
    try {
      await hec.restore();
      await log.append(10);
      await caughtUp(delivery);
    } finally {
      vi.restoreAllMocks();
    }
    expect(indexedSeqs(hec).sort((a, b) => a - b)).toEqual(upTo(170));
  });

  it("open the breaker after 5 failures, and one trial closes it [SIEM-4] [SIEM-6]", async () => {
    const hec = await startHec();
    hec.faults.add({ kind: "code", code: 9, times: 5 });
    const changes: string[] = [];
    const delivery = startDelivery({
      connectionString: log.url,
      destinations: [splunkDestination(hec, TOKEN)],
      replica: "r",
      pollMs: 10,
      observer: { circuitChanged: (_name, _platform, { state }) => void changes.push(state) },
    });
    deliveries.push(delivery);
    await log.append(1_000);
    await caughtUp(delivery);
    expect(changes).toEqual(["open", "half_open", "closed"]);
    expect(indexedSeqs(hec).sort((a, b) => a - b)).toEqual(upTo(1_000));
  });

  it("end within a moment of the receiver's return, though the breaker is open for a minute [SIEM-4] [SIEM-5]", async () => {
    const hec = await startHec();
    await hec.goDown();
    await log.append(300);
    const settings = { breaker: { failures: 5, openMs: 3_600_000 }, probeMs: 100 };
    const delivery = deliver(splunkDestination(hec, TOKEN, { settings }));
    await vi.waitUntil(() => delivery.snapshots()[0]?.leading?.state === "open", WAIT);
    await hec.restore();
    expect(await caughtUp(delivery)).toMatchObject({ acknowledged: 300 });
  });

  it("of every kind end with every event delivered at least once", async () => {
    const hec = await startHec({ acknowledgement: true });
    hec.faults.add(
      { kind: "reset-before-body" },
      { kind: "reset-after-body", taken: true },
      { kind: "code", code: 23, taken: true },
      { kind: "special", name: "never-acknowledged" },
      { kind: "garbage" },
      { kind: "half-response", taken: true },
      { kind: "hang" },
      { kind: "response", status: 502 },
      { kind: "reset-after-body", on: "ack" },
    );
    await log.append(500);
    const sinkSettings = { acknowledgementTimeout: "100ms" };
    const delivery = deliver(splunkDestination(hec, TOKEN, { sinkSettings, requestTimeoutMs: 300 }));
    await caughtUp(delivery);
    expect([...new Set(indexedSeqs(hec))].sort((a, b) => a - b)).toEqual(upTo(500));
  });

  it("of one destination do not delay another [SIEM-1]", async () => {
    const [slow, quick] = [await startHec(), await startHec()];
    slow.faults.add({ kind: "hang", times: "always" });
    const delivery = deliver(
      splunkDestination(slow, TOKEN, { name: "slow" }),
      splunkDestination(quick, TOKEN, { name: "quick" }),
    );
    await log.append(300);
    await caughtUp(delivery, "quick");
    expect(await statusOf(delivery, "slow")).toMatchObject({ acknowledged: 0, behind: 300, addsUp: true });
  });
});

describe("acknowledgements that do not come", () => {
  it("are shown with their number and age, before they are given up [SIEM-6]", async () => {
    const hec = await startHec({ acknowledgement: true });
    hec.faults.add({ kind: "special", name: "never-acknowledged" });
    await log.append(7);
    const delivery = deliver(splunkDestination(hec, TOKEN));
    const before = Date.now();
    await vi.waitFor(async () => {
      const status = await statusOf(delivery);
      expect(status).toMatchObject({ behind: 7, acknowledged: 0, awaiting: { events: 7 } });
      expect(status.awaiting.since?.getTime()).toBeGreaterThan(before - 10_000);
    }, WAIT);
    expect(delivery.snapshots()[0]?.leading?.awaiting).toMatchObject({ events: 7 });
    await log.append(3);
    await vi.waitFor(async () => {
      expect(await statusOf(delivery)).toMatchObject({ behind: 10, awaiting: { events: 7 } });
    }, WAIT);
  });
});

describe("faults of configuration", () => {
  it("pause the destination and keep its events until they are mended [SIEM-5]", async () => {
    const hec = await startHec();
    hec.faults.add({ kind: "code", code: 4, times: 2 });
    const delivery = deliver(splunkDestination(hec, TOKEN));
    await log.append(1_000);
    await vi.waitUntil(() => delivery.snapshots()[0]?.leading?.state === "configuration", WAIT);
    await vi.waitFor(async () => {
      expect(await statusOf(delivery)).toMatchObject({
        state: "configuration",
        stateReason: /Invalid token/,
        nextAttemptAt: expect.any(Date) as Date,
        behind: 1_000,
      });
    }, WAIT);
    await log.append(500);
    expect(eventRequests(hec)).toHaveLength(1);
    await delivery.control.resume("splunk");
    await vi.waitUntil(() => eventRequests(hec).length === 2, WAIT);
    await vi.waitUntil(() => delivery.snapshots()[0]?.leading?.state === "configuration", WAIT);
    await delivery.control.resume("splunk");
    expect(await caughtUp(delivery)).toMatchObject({ acknowledged: 1_500, quarantined: 0 });
  });
});

describe("refused events", () => {
  it("go into quarantine with the reason, are listed, and replayed [SIEM-5]", async () => {
    const hec = await startHec();
    hec.poison("poison");
    const delivery = deliver(splunkDestination(hec, TOKEN));
    await log.append(300, (seq) => (seq % 90 === 7 ? { reason: "poison" } : {}));
    expect(await caughtUp(delivery)).toMatchObject({ acknowledged: 296, quarantined: 4 });
    const [first, ...others] = await delivery.quarantine.list("splunk");
    expect(first).toMatchObject({
      seq: 7,
      attempts: 1,
      reason: /Invalid data format/,
      replayRequestedAt: null,
    });
    expect(others.map(({ seq }) => seq)).toEqual([97, 187, 277]);
    expect(await delivery.quarantine.list("splunk", { afterSeq: 100, limit: 1 })).toMatchObject([
      { seq: 187 },
    ]);

    expect(await delivery.quarantine.replay({ destination: "splunk", seqs: [7] })).toBe(1);
    await vi.waitFor(async () => {
      expect((await delivery.quarantine.list("splunk"))[0]).toMatchObject({
        attempts: 2,
        replayRequestedAt: null,
      });
    }, WAIT);
    hec.poison(null);
    expect(await delivery.quarantine.discard({ destination: "splunk", seqs: [97] })).toBe(1);
    expect(await delivery.quarantine.replay({ destination: "splunk" })).toBe(3);
    await vi.waitFor(async () => {
      expect(await statusOf(delivery)).toMatchObject({
        acknowledged: 299,
        quarantined: 0,
        discarded: 1,
        addsUp: true,
      });
    }, WAIT);
    expect(indexedSeqs(hec).slice(-3)).toEqual([7, 187, 277]);
    expect(indexedSeqs(hec).sort((a, b) => a - b)).toEqual(upTo(300).filter((seq) => seq !== 97));
  });
});

describe("a receiver that refuses one event after the other", () => {
  it("counts as wrongly configured; who resumes it all the same gives it as many again [SIEM-5]", async () => {
    const hec = await startHec();
    hec.poison("poison");
    const delivery = deliver(splunkDestination(hec, TOKEN, { settings: { maxRefusalsInRow: 5 } }));
    await log.append(12, () => ({ reason: "poison" }));
    for (const quarantined of [5, 10]) {
      await vi.waitFor(async () => {
        expect(await statusOf(delivery)).toMatchObject({ state: "configuration", quarantined, addsUp: true });
      }, WAIT);
      await delivery.control.resume("splunk");
    }
    // Not before: one that is delivered beside the refused ones grants as many again.
    await log.append(3);
    expect(await caughtUp(delivery)).toMatchObject({ acknowledged: 3, quarantined: 12 });
  });

  it("gets no more than that from restarts; a delivered event or a resumption grants it anew [SIEM-5]", async () => {
    const hec = await startHec();
    hec.poison("poison");
    await log.append(2);
    await log.append(30, () => ({ reason: "poison" }));
    const settings = { maxRefusalsInRow: 5, maxEvents: 3, maxConcurrency: 1 };
    for (let restart = 0; restart < 4; restart += 1) {
      const delivery = deliver(splunkDestination(hec, TOKEN, { settings }));
      await vi.waitUntil(() => delivery.snapshots()[0]?.leading?.state === "configuration", WAIT);
      await vi.waitFor(async () => {
        expect(await statusOf(delivery)).toMatchObject({ acknowledged: 2, quarantined: 5, addsUp: true });
      }, WAIT);
      await delivery.close();
    }
    const control = createDestinationControl(log.pool);
    await control.resume("splunk");
    const resumed = deliver(splunkDestination(hec, TOKEN, { settings }));
    await vi.waitFor(async () => {
      expect(await statusOf(resumed)).toMatchObject({ state: "configuration", quarantined: 10 });
    }, WAIT);
    await resumed.close();
    hec.poison(null);
    const last = deliver(splunkDestination(hec, TOKEN, { settings }));
    expect(await caughtUp(last)).toMatchObject({ acknowledged: 22, quarantined: 10 });
    const { rows } = await log.pool.query("SELECT refused_in_row FROM audit_destinations");
    expect(rows).toEqual([{ refused_in_row: 0 }]);
  });

  it("does not hold the log up when what it refused is replayed in vain [SIEM-5]", async () => {
    const hec = await startHec();
    hec.poison("poison");
    const delivery = deliver(splunkDestination(hec, TOKEN, { settings: { maxRefusalsInRow: 5 } }));
    await log.append(40, (seq) => (seq % 2 === 0 ? { reason: "poison" } : {}));
    expect(await caughtUp(delivery)).toMatchObject({ acknowledged: 20, quarantined: 20 });
    expect(await delivery.quarantine.replay({ destination: "splunk" })).toBe(20);
    await vi.waitFor(async () => {
      const left = await delivery.quarantine.list("splunk");
      expect(left.map(({ attempts, replayRequestedAt }) => [attempts, replayRequestedAt])).toEqual(
        Array.from({ length: 20 }, () => [2, null]),
      );
    }, WAIT);
    await log.append(5);
    expect(await caughtUp(delivery)).toMatchObject({ state: "running", acknowledged: 25, quarantined: 20 });
  });
});

describe("the database", () => {
  it("may end a connection in the moment that it opens it: that is a failure like others, and no crash", async () => {
    const message = (type: string, body: Buffer) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length + 4);
      return Buffer.concat([Buffer.from(type), length, body]);
    };
    const ready = [message("R", Buffer.alloc(4)), message("Z", Buffer.from("I"))];
    const ended = message("E", Buffer.from("SFATAL\0C57P01\0Mterminating connection\0\0"));
    // In one piece, so that the end is there before the code that asked for the connection has it.
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end(Buffer.concat([...ready, ended])));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const failures: unknown[] = [];
    const delivery = startDelivery({
      connectionString: `postgres://user@127.0.0.1:${(server.address() as AddressInfo).port}/none`,
      destinations: [splunkDestination(await startHec(), TOKEN)],
      replica: "r",
      observer: { storeFailed: (_operation, error) => void failures.push(error) },
    });
    deliveries.push(delivery);
    await vi.waitFor(() => expect(failures.length).toBeGreaterThan(2), WAIT);
    server.close();
  });
});

describe("replicas", () => {
  it("deliver each destination from one of them, and another takes over when it has ended [SIEM-5]", async () => {
    const hec = await startHec();
    const first = deliver(splunkDestination(hec, TOKEN));
    await leads(first);
    const second = deliver(splunkDestination(hec, TOKEN));
    await log.append(1_000);
    await caughtUp(first);
    expect(second.snapshots()[0]?.leading).toBeNull();
    expect(indexedSeqs(hec)).toHaveLength(1_000);
    expect((await statusOf(second)).leader).toBe("replica-1");
    await first.close(5_000);
    await log.append(1_000);
    expect(await caughtUp(second)).toMatchObject({ leader: "replica-2", acknowledged: 2_000 });
    expect(indexedSeqs(hec).sort((a, b) => a - b)).toEqual(upTo(2_000));
  });

  it("lose the lead with their connection to the database, and go on", async () => {
    const hec = await startHec();
    const [first, second] = [deliver(splunkDestination(hec, TOKEN)), deliver(splunkDestination(hec, TOKEN))];
    for (let round = 1; round <= 5; round++) {
      await log.append(400);
      await log.pool.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sark-delivery' AND datname = current_database()",
      );
    }
    expect(await caughtUp(second)).toMatchObject({ acknowledged: 2_000 });
    expect([...new Set(indexedSeqs(hec))].sort((a, b) => a - b)).toEqual(upTo(2_000));
    const leading = [first, second].filter(isLeading);
    expect(leading).toHaveLength(1);
  });
});

describe("people", () => {
  it("pause and resume a destination from any process", async () => {
    const hec = await startHec();
    const delivery = deliver(splunkDestination(hec, TOKEN));
    await leads(delivery);
    await delivery.control.pause("splunk", "maintenance");
    await vi.waitUntil(() => delivery.snapshots()[0]?.leading?.state === "paused", WAIT);
    await log.append(50);
    expect(await statusOf(delivery)).toMatchObject({ behind: 50, paused: { reason: "maintenance" } });
    await delivery.control.resume("splunk");
    await caughtUp(delivery);
    expect(hec.requests()).toHaveLength(1);
    await expect(delivery.control.pause("unknown", "x")).rejects.toMatchObject({
      code: "unknown_destination",
    });
  });

  it("add a destination from now on, from a number, or from a time; an old one keeps its place", async () => {
    await log.append(30);
    const hec = await startHec();
    const time = new Date(Date.parse("2026-03-01T08:00:00Z") + 20_000).toISOString();
    const starts = {
      now: { from: "now" },
      seq: { from: "seq", seq: 10 },
      time: { from: "time", time },
    } as const;
    const destinations = Object.entries(starts).map(([name, start]) =>
      splunkDestination(hec, TOKEN, { name, start }),
    );
    const delivery = deliver(...destinations);
    await Promise.all(Object.keys(starts).map((name) => caughtUp(delivery, name)));
    await log.append(1);
    const statuses = await Promise.all(Object.keys(starts).map((name) => caughtUp(delivery, name)));
    expect(statuses.map(({ written }) => written)).toEqual([1, 21, 11]);
    await delivery.close();
    const again = deliver(splunkDestination(hec, TOKEN, { name: "now", start: { from: "seq", seq: 0 } }));
    expect(await caughtUp(again, "now")).toMatchObject({ startSeq: 30, acknowledged: 1 });
  });

  it("let a destination begin at a number to come, which is nothing behind until then", async () => {
    const hec = await startHec();
    await log.append(3);
    const delivery = deliver(splunkDestination(hec, TOKEN, { start: { from: "seq", seq: 10 } }));
    await delivery.registered;
    expect(await statusOf(delivery)).toMatchObject({ written: 0, behind: 0, addsUp: true });
    await log.append(9);
    expect(await caughtUp(delivery)).toMatchObject({
      startSeq: 10,
      written: 2,
      acknowledged: 2,
      addsUp: true,
    });
    expect(indexedSeqs(hec)).toEqual([10, 11]);
  });

  it("cannot take away a destination that a replica delivers to", async () => {
    const delivery = deliver(splunkDestination(await startHec(), TOKEN));
    await vi.waitFor(() => expect(delivery.snapshots()[0]?.leading).not.toBeNull(), WAIT);
    await expect(delivery.control.remove("splunk")).rejects.toMatchObject({ code: "destination_in_use" });
    await expect(delivery.control.remove("unknown")).rejects.toMatchObject({ code: "unknown_destination" });
    expect(await statusOf(delivery)).toMatchObject({ name: "splunk" });
    await delivery.close();
    const successor = deliver();
    await vi.waitFor(() => successor.control.remove("splunk"), WAIT);
    expect(await successor.control.status()).toEqual([]);
  });

  it("take a destination away, and retention's concern with it", async () => {
    const hec = await startHec();
    const enabled = deliver(splunkDestination(hec, TOKEN));
    await caughtUp(enabled);
    await enabled.close();
    const disabled = deliver(splunkDestination(hec, TOKEN, { enabled: false }));
    await vi.waitFor(async () => expect(await statusOf(disabled)).toMatchObject({ enabled: false }), WAIT);
    await disabled.control.remove("splunk");
    expect(await disabled.control.status()).toEqual([]);
    expect(disabled.snapshots()[0]).toMatchObject({ enabled: false, leading: null });
  });
});

describe("the log", () => {
  it("may have holes where events were purged: they are counted [AUD-3]", async () => {
    await log.append(100);
    await log.pool.query(
      "DELETE FROM gateway_audit_events WHERE seq < 20 OR seq BETWEEN 50 AND 59 OR seq > 94",
    );
    const hec = await startHec();
    const delivery = deliver(splunkDestination(hec, TOKEN));
    expect(await caughtUp(delivery)).toMatchObject({ written: 100, acknowledged: 65, purged: 35 });
  });

  it.each([
    ["no JSON", "'torn'"],
    ["bytes that no text of the database may hold", String.raw`'\x7b2200220031'`],
    ["no UTF-8", String.raw`'\x7b22ff'`],
  ])(
    "may hold a text that cannot be read, %s: it goes into quarantine, and the rest goes on",
    async (_what, text) => {
      await log.append(100);
      await log.pool.query(`UPDATE gateway_audit_events SET canonical = ${text}::bytea WHERE seq = 40`);
      const hec = await startHec();
      expect(await caughtUp(deliver(splunkDestination(hec, TOKEN)))).toMatchObject({
        acknowledged: 99,
        quarantined: 1,
      });
    },
  );
});

describe("close", () => {
  it("lets requests end, and leaves the rest to the next start [SIEM-5]", async () => {
    const hec = await startHec();
    hec.faults.add({ kind: "hang", taken: true, times: "always" });
    const delivery = deliver(splunkDestination(hec, TOKEN));
    await log.append(1_000);
    await vi.waitUntil(() => eventRequests(hec).length > 0, WAIT);
    await delivery.close(50);
    hec.faults.clear();
    const next = deliver(splunkDestination(hec, TOKEN));
    expect(await caughtUp(next)).toMatchObject({ acknowledged: 1_000 });
    expect([...new Set(indexedSeqs(hec))].sort((a, b) => a - b)).toEqual(upTo(1_000));
  });
});
