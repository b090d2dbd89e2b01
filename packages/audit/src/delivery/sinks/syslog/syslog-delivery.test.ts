import { requireServer, startRsyslog, type Rsyslog } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { startDelivery } from "../../start-delivery.ts";
import type { Delivery } from "../../engine/delivery.ts";
import type { DestinationStatus } from "../../engine/ports/destination-control.ts";
import { TEST_SETTINGS } from "../../testing/engine.ts";
import { createLogDatabase, type LogDatabase } from "../../testing/log-database.ts";
import { testContext } from "../../testing/sinks.ts";
import { syslogSchema } from "./config.ts";
import { createSyslogSink } from "./syslog-sink.ts";

const WAIT = { timeout: 30_000, interval: 10 };

describe.skipIf(requireServer("rsyslogd") === null)("startDelivery, to a real rsyslog", () => {
  let log: LogDatabase;
  let rsyslog: Rsyslog;
  let delivery: Delivery | undefined;
  beforeEach(async () => {
    log = await createLogDatabase(inject("postgresUrl"));
    rsyslog = await startRsyslog();
  });
  afterEach(async () => {
    await delivery?.close(0);
    await rsyslog.close();
    await log.drop();
  });

  function deliver(requestTimeoutMs: number): Delivery {
    const { port } = rsyslog;
    const settings = { type: "syslog", host: "127.0.0.1", port, transport: "tcp", confirmInterval: "50ms" };
    const sink = createSyslogSink(syslogSchema.parse(settings), testContext({ requestTimeoutMs }));
    const engine = { ...TEST_SETTINGS, maxConcurrency: 1, compression: "none" as const };
    const destination = { name: "syslog", enabled: true, start: { from: "seq", seq: 0 } as const };
    delivery = startDelivery({
      connectionString: log.url,
      destinations: [{ ...destination, settings: engine, sink }],
      replica: "r",
      pollMs: 10,
    });
    return delivery;
  }

  async function status(): Promise<DestinationStatus | undefined> {
    return (await delivery?.control.status())?.[0];
  }
  const received = () =>
    rsyslog.messages().map(({ message }) => (JSON.parse(message) as { seq: number }).seq);
  const upTo = (count: number) => Array.from({ length: count }, (_, seq) => seq);

  it("sends in order over as many connections as confirming takes; nothing is called acknowledged [SIEM-5]", async () => {
    await log.append(5_000);
    deliver(10_000);
    await vi.waitFor(async () => {
      expect(await status()).toMatchObject({ sent: 5_000, acknowledged: 0, behind: 0, addsUp: true });
    }, WAIT);
    await vi.waitUntil(() => rsyslog.messages().length >= 5_000, WAIT);
    expect(received()).toEqual(upTo(5_000));
    expect(await status()).toMatchObject({ lastAcknowledgedAt: null, lastSentAt: expect.any(Date) as Date });
  });

  it("counts nothing that a receiver has not read which hangs and is then killed: it is sent again [SIEM-5]", async () => {
    await log.append(100);
    deliver(10_000);
    await vi.waitFor(async () => expect(await status()).toMatchObject({ sent: 100 }), WAIT);
    // What it has read and not yet stored is lost with it, and no protocol tells of that.
    await vi.waitUntil(() => rsyslog.messages().length === 100, WAIT);
    rsyslog.freeze();
    await log.append(900);
    await vi.waitFor(async () => expect((await status())?.awaiting.events).toBeGreaterThan(0), WAIT);
    expect(await status()).toMatchObject({ sent: 100, behind: 900, addsUp: true });
    await rsyslog.restart();
    await vi.waitFor(async () => {
      expect(await status()).toMatchObject({ sent: 1_000, behind: 0, addsUp: true });
    }, WAIT);
    await vi.waitFor(() => {
      expect([...new Set(received())].sort((a, b) => a - b)).toEqual(upTo(1_000));
    }, WAIT);
  });
});
