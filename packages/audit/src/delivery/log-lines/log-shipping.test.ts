import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createLogger,
  firstPosition,
  openLogFiles,
  type LogFiles,
  type LogFilesOptions,
  type Logger,
} from "@sark/observability/logging";
import { createRecorder } from "@sark/observability/metrics";
import { startCloudWatchLogs, type CloudWatchLogs } from "@sark/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SettledReport } from "../engine/ports/observer.ts";
import { deliveryCatalog } from "../telemetry/catalog.ts";
import { deliveryHealthChecks } from "../telemetry/health-checks.ts";
import { logShippingSchema } from "./config.ts";
import { createLogShippingTelemetry } from "../telemetry/log-shipping.ts";
import { startLogShipping, type LogShipping, type LogShippingOptions } from "./start-log-shipping.ts";

const WAIT = { timeout: 30_000, interval: 10 };
const AWS = { accessKeyId: "AKIDTEST", secretAccessKey: "c2VjcmV0", region: "eu-central-1" };
const INFO = { level: "info", securityAudit: false } as const;
const DAY = 24 * 3_600_000;

let directory: string;
let cloudWatch: CloudWatchLogs;
let cleanups: (() => unknown)[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "sark-shipping-"));
  cloudWatch = await startCloudWatchLogs({ credentials: AWS });
  cleanups = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) {
    await cleanup();
  }
  await cloudWatch.close();
  rmSync(directory, { recursive: true, force: true });
});

function openFiles(options: Partial<LogFilesOptions> = {}): LogFiles {
  const files = openLogFiles({ directory, compressAfterSeconds: 0, ...options });
  cleanups.push(() => files.close());
  return files;
}

function ship(
  files: LogFiles,
  change: Partial<Omit<LogShippingOptions, "config">> & { readonly config?: object } = {},
): LogShipping {
  const { config, ...rest } = change;
  const shipping = startLogShipping({
    files,
    host: "gw:1",
    environment: { ID: AWS.accessKeyId, KEY: AWS.secretAccessKey },
    pollMs: 5,
    ...rest,
    config: logShippingSchema.parse({
      region: AWS.region,
      endpoint: cloudWatch.url,
      credentials: { accessKeyId: "${ID}", secretAccessKey: "${KEY}" },
      groupPrefix: "/sark/test/",
      maxBatchWait: "20ms",
      retryBaseDelay: "5ms",
      retryMaxDelay: "20ms",
      breakerOpenDuration: "30ms",
      requestTimeout: "5s",
      ...config,
    }),
  });
  cleanups.push(() => shipping.close(0));
  return shipping;
}

const line = (n: number, at = Date.now()) =>
  `{"level":"info","timestamp":"${new Date(at).toISOString()}","n":${n}}\n`;

function writeNumbers(files: LogFiles, from: number, to: number): void {
  for (let n = from; n < to; n++) {
    files.write(line(n), INFO);
  }
}

const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, at) => from + at);
const messages = (log = "application") =>
  cloudWatch.events(`/sark/test/${log}`, "gw-1").map(({ message }) => message);
const numbers = (log = "application") => messages(log).map((text) => (JSON.parse(text) as { n: number }).n);
const arrived = (wanted: readonly number[]) => vi.waitFor(() => expect(numbers()).toEqual(wanted), WAIT);
const stateOf = (shipping: LogShipping) =>
  shipping.snapshots().find(({ name }) => name === "logs/application")?.leading?.state;
const position = (): unknown => JSON.parse(readFileSync(join(directory, "application.position"), "utf8"));
const settled = (next: number) => vi.waitFor(() => expect(position()).toMatchObject({ next }), WAIT);

describe("log files are shipped", () => {
  it("each log into its group, as it was written, compressed files too [LOG-3]", async () => {
    const files = openFiles({ maxFileBytes: 2_000 });
    const logger = createLogger({
      service: "app",
      environment: "test",
      version: "1",
      level: "info",
      destination: files,
    });
    const security = logger.child({ component: "http", log: "security-audit" });
    for (let n = 0; n < 100; n++) {
      (n % 10 === 3 ? security : logger)[n % 20 === 7 ? "error" : "info"]({ n }, "line");
    }
    await vi.waitFor(
      () => expect(readdirSync(directory).some((name) => name.endsWith(".gz"))).toBe(true),
      WAIT,
    );
    ship(files, { config: { maxBatchEvents: 7, retention: "30d" } });
    await arrived(upTo(100).filter((n) => n % 10 !== 3));
    await vi.waitFor(() => {
      expect(numbers("exceptions")).toEqual(upTo(100).filter((n) => n % 20 === 7));
      expect(numbers("security-audit")).toEqual(upTo(100).filter((n) => n % 10 === 3));
    }, WAIT);
    expect(JSON.parse(messages("security-audit")[0] ?? "")).toMatchObject({
      n: 3,
      service: "app",
      log: "security-audit",
      message: "line",
    });
    expect(cloudWatch.retentionDays("/sark/test/exceptions")).toBe(30);
  });

  it("from where the last process stopped, in spite of what became of the file [LOG-3]", async () => {
    const first = openLogFiles({ directory, maxFileBytes: 1_000, compressAfterSeconds: 0 });
    writeNumbers(first, 0, 7);
    const shipping = ship(first);
    await arrived(upTo(7));
    await settled(7);
    await shipping.close(0);
    // Closed and compressed after it was shipped in part.
    writeNumbers(first, 7, 60);
    await vi.waitFor(
      () => expect(readdirSync(directory).filter((name) => name.endsWith(".gz")).length).toBeGreaterThan(2),
      WAIT,
    );
    await first.close();
    ship(openFiles());
    await arrived(upTo(60));
    await settled(60);
    expect(position()).toEqual({ ...firstPosition(60), acknowledged: 60 });
  });

  it("with what a crash left of a line, as a line of its own [LOG-3] [QLT-2]", async () => {
    const first = openLogFiles({ directory });
    writeNumbers(first, 0, 3);
    await first.close();
    const path = join(directory, readdirSync(directory).find((name) => name.startsWith("application")) ?? "");
    truncateSync(path, statSync(path).size - 4);
    const files = openFiles();
    writeNumbers(files, 3, 5);
    ship(files);
    await vi.waitFor(() => expect(messages()).toHaveLength(5), WAIT);
    expect(messages()[2]).toMatch(/^\{"level":"info","timestamp":"[^"]+","n"$/);
    expect(
      messages()
        .slice(3)
        .map((text) => (JSON.parse(text) as { n: number }).n),
    ).toEqual([3, 4]);
  });

  it("though they are older than CloudWatch takes: marked, with their own time [LOG-3]", async () => {
    const files = openFiles();
    const old = Date.now() - 20 * DAY;
    files.write(line(0, old), INFO);
    files.write("no json\n", INFO);
    files.write(line(1), INFO);
    ship(files);
    await vi.waitFor(() => expect(messages()).toHaveLength(3), WAIT);
    // What bears the present time comes last.
    expect(messages()).toEqual([
      "no json",
      expect.stringContaining('"n":1}'),
      expect.stringMatching(
        `^{"late":true,"event_time":"${new Date(old).toISOString()}","level":"info",.*"n":0}$`,
      ),
    ]);
  });

  it("though they are larger than CloudWatch takes: an excerpt, and how long the line is", async () => {
    const files = openFiles();
    const text = line(0).replace("}", `,"text":"${"é".repeat(1_000_000)}"}`);
    files.write(text, INFO);
    files.write(line(1), INFO);
    ship(files);
    await vi.waitFor(() => expect(messages()).toHaveLength(2), WAIT);
    const { sark_cut, sark_excerpt } = JSON.parse(messages()[0] ?? "") as Record<string, unknown>;
    expect(sark_cut).toBe(Buffer.byteLength(text) - 1);
    expect(text.startsWith(String(sark_excerpt))).toBe(true);
    expect(String(sark_excerpt).length).toBeGreaterThan(100_000);
  });

  it("up to the last line when the process ends [LOG-3]", async () => {
    const files = openFiles();
    const shipping = ship(files, { config: { maxBatchWait: "1h" } });
    writeNumbers(files, 0, 5);
    await vi.waitUntil(() => stateOf(shipping) === "running", WAIT);
    await shipping.close(30_000);
    expect(numbers()).toEqual(upTo(5));
    expect(position()).toMatchObject({ next: 5 });
  });
});

describe("nothing is lost", () => {
  it("when the process ends while the service is away: the rest waits for the next start [LOG-3]", async () => {
    const first = openLogFiles({ directory });
    const shipping = ship(first);
    writeNumbers(first, 0, 5);
    await arrived(upTo(5));
    await settled(5);
    await cloudWatch.goDown();
    writeNumbers(first, 5, 10);
    await vi.waitUntil(() => stateOf(shipping) === "open", WAIT);
    // It is not waited for: the test would end before.
    await shipping.close(3_600_000);
    await first.close();
    expect(position()).toMatchObject({ next: 5 });
    await cloudWatch.restore();
    ship(openFiles());
    await arrived(upTo(10));
  });

  it("under load, while files rotate and are compressed [LOG-3] [QLT-2]", async () => {
    const files = openFiles({ maxFileBytes: 200_000 });
    ship(files);
    for (let n = 0; n < 20_000; n += 500) {
      writeNumbers(files, n, n + 500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(messages()).toHaveLength(20_000), WAIT);
    expect(numbers()).toEqual(upTo(20_000));
  });

  it("by an outage, and it is in order afterwards [LOG-3] [SIEM-4]", async () => {
    const files = openFiles({ maxFileBytes: 2_000 });
    const shipping = ship(files);
    writeNumbers(files, 0, 50);
    await arrived(upTo(50));
    await cloudWatch.goDown();
    writeNumbers(files, 50, 400);
    await vi.waitUntil(() => stateOf(shipping) === "open", WAIT);
    const [health] = deliveryHealthChecks(shipping);
    expect(health).toMatchObject({ name: "siem:logs/application", required: false });
    await expect(health?.check(new AbortController().signal)).rejects.toThrow(/breaker .* 350 events/);
    await cloudWatch.restore();
    await arrived(upTo(400));
  });

  it("by throttling, resets, hangs and responses that get lost: at least once [LOG-3]", async () => {
    cloudWatch.faults.add(
      { kind: "code", code: 400, times: 3 },
      { kind: "code", code: 503 },
      { kind: "reset-before-body" },
      { kind: "reset-after-body", taken: true },
      { kind: "half-response", taken: true },
      { kind: "hang" },
    );
    const files = openFiles();
    writeNumbers(files, 0, 200);
    ship(files, { config: { maxBatchEvents: 20, requestTimeout: "300ms" } });
    await vi.waitFor(() => expect([...new Set(numbers())]).toEqual(upTo(200)), WAIT);
  });

  it("by a fault of configuration: shipping waits until it is mended [LOG-3]", async () => {
    cloudWatch.faults.add({ kind: "code", code: 403, times: "always" });
    const files = openFiles();
    writeNumbers(files, 0, 30);
    const shipping = ship(files, { config: { configurationRetryInterval: "20ms" } });
    await vi.waitUntil(() => stateOf(shipping) === "configuration", WAIT);
    writeNumbers(files, 30, 60);
    expect(numbers()).toEqual([]);
    cloudWatch.faults.clear();
    await arrived(upTo(60));
  });

  it("by a line that is refused for good: it goes into quarantine with the reason, the others go on [LOG-3]", async () => {
    cloudWatch.poison(":13}");
    const files = openFiles();
    writeNumbers(files, 0, 100);
    ship(files);
    await arrived(upTo(100).filter((n) => n !== 13));
    await settled(100);
    expect(position()).toEqual({ ...firstPosition(100), acknowledged: 99, quarantined: 1 });
    const refused = readFileSync(join(directory, "application.refused"), "utf8").trim().split("\n");
    expect(refused.map((text) => JSON.parse(text) as unknown)).toEqual([
      {
        number: 13,
        refused_at: expect.any(String) as string,
        reason: expect.stringContaining("InvalidParameterException") as string,
        attempts: 1,
        replay_requested_at: null,
        line: expect.stringContaining('"n":13}') as string,
      },
    ]);
  });

  it("in silence: lines that were removed before they were shipped are counted [LOG-3]", async () => {
    const dropped: number[] = [];
    const reports: SettledReport[] = [];
    const files = openFiles({ maxFileBytes: 2_000, maxTotalBytes: 8_000 });
    files.observe({ dropped: (_log, { unshipped }) => void dropped.push(unshipped) });
    await cloudWatch.goDown();
    const shipping = ship(files, {
      config: { maxBatchEvents: 10, maxUnsettledEvents: 20 },
      observer: { settled: (report) => void reports.push(report) },
    });
    for (let n = 0; n < 3_000; n += 50) {
      writeNumbers(files, n, n + 50);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitUntil(() => stateOf(shipping) === "open", WAIT);
    await vi.waitFor(() => expect(files.bytes).toBeLessThanOrEqual(8_000), WAIT);
    await cloudWatch.restore();
    await settled(3_000);
    const { acknowledged, purged } = position() as { acknowledged: number; purged: number };
    expect(acknowledged + purged).toBe(3_000);
    expect(numbers()).toHaveLength(acknowledged);
    expect(purged).toBeGreaterThan(1_000);
    expect(reports.reduce((sum, report) => sum + report.purged, 0)).toBe(purged);
    // What was in memory when its file went is shipped all the same.
    expect(dropped.reduce((sum, lines) => sum + lines, 0)).toBeGreaterThanOrEqual(purged);
  });
});

describe("lines in quarantine", () => {
  const destination = "logs/application";
  const inQuarantine = async (shipping: LogShipping) =>
    (await shipping.quarantine.list(destination)).map(({ seq }) => seq);

  /** Ships 20 lines, of which 3, 5 and 7 are refused. */
  async function refuseThree(): Promise<LogShipping> {
    cloudWatch.poison("odd-");
    const files = openFiles();
    for (let n = 0; n < 20; n++) {
      const odd = [3, 5, 7].includes(n);
      files.write(odd ? line(n).replace("}", `,"what":"odd-${n}"}`) : line(n), INFO);
    }
    const shipping = ship(files);
    await settled(20);
    return shipping;
  }

  it("are listed with the reason, page by page [LOG-3] [SIEM-5]", async () => {
    const shipping = await refuseThree();
    expect(await inQuarantine(shipping)).toEqual([3, 5, 7]);
    expect(await shipping.quarantine.list(destination, { afterSeq: 3, limit: 1 })).toEqual([
      {
        destination,
        seq: 5,
        eventId: "application:5",
        reason: expect.stringContaining("InvalidParameterException") as string,
        attempts: 1,
        quarantinedAt: expect.any(Date) as Date,
        replayRequestedAt: null,
        canonical: expect.stringContaining('"n":5,"what":"odd-5"}') as string,
      },
    ]);
    await expect(shipping.quarantine.list("logs/nothing")).rejects.toMatchObject({
      code: "unknown_destination",
    });
  });

  it("are sent again when that is asked for; what is refused again stays, and all add up [LOG-3] [SIEM-5]", async () => {
    const shipping = await refuseThree();
    cloudWatch.poison("odd-5");
    expect(await shipping.quarantine.replay({ destination, seqs: [3, 5, 99] })).toBe(2);
    await vi.waitFor(async () => {
      expect(await shipping.quarantine.list(destination)).toMatchObject([
        { seq: 5, attempts: 2, replayRequestedAt: null },
        { seq: 7, attempts: 1 },
      ]);
    }, WAIT);
    expect(numbers()).toContain(3);
    cloudWatch.poison(null);
    expect(await shipping.quarantine.replay({ destination })).toBe(2);
    await vi.waitFor(async () => expect(await inQuarantine(shipping)).toEqual([]), WAIT);
    expect(numbers().sort((a, b) => a - b)).toEqual(upTo(20));
    await vi.waitFor(() => expect(position()).toEqual({ ...firstPosition(20), acknowledged: 20 }), WAIT);
  });

  it("that were asked for are sent after the next start, too [LOG-3]", async () => {
    const shipping = await refuseThree();
    await cloudWatch.goDown();
    expect(await shipping.quarantine.replay({ destination })).toBe(3);
    await vi.waitUntil(() => stateOf(shipping) === "open", WAIT);
    await shipping.close(0);
    for (const cleanup of cleanups.splice(0).toReversed()) {
      await cleanup();
    }
    cloudWatch.poison(null);
    await cloudWatch.restore();
    const again = ship(openFiles());
    await vi.waitFor(async () => expect(await inQuarantine(again)).toEqual([]), WAIT);
    expect(numbers().sort((a, b) => a - b)).toEqual(upTo(20));
  });

  it("are given up when that is asked for [LOG-3]", async () => {
    const shipping = await refuseThree();
    expect(await shipping.quarantine.discard({ destination, seqs: [7] })).toBe(1);
    expect(await inQuarantine(shipping)).toEqual([3, 5]);
    expect(position()).toEqual({ ...firstPosition(20), acknowledged: 17, quarantined: 2, discarded: 1 });
  });
});

describe("steering", () => {
  const name = "logs/application";
  const statusOf = async (shipping: LogShipping) =>
    (await shipping.control.status()).find((status) => status.name === name);
  async function restart(shipping: LogShipping, config: object = {}): Promise<[LogFiles, LogShipping]> {
    await shipping.close(0);
    for (const cleanup of cleanups.splice(0).toReversed()) {
      await cleanup();
    }
    const files = openFiles();
    return [files, ship(files, { config })];
  }

  it("holds a log back, also after a restart, and lets it go on where it was [LOG-3] [SIEM-5]", async () => {
    let files = openFiles();
    let shipping = ship(files);
    writeNumbers(files, 0, 10);
    await settled(10);
    await shipping.control.pause(name, "the group is moved");
    await vi.waitUntil(() => stateOf(shipping) === "paused", WAIT);
    writeNumbers(files, 10, 15);
    [files, shipping] = await restart(shipping);
    await vi.waitUntil(() => stateOf(shipping) === "paused", WAIT);
    writeNumbers(files, 15, 20);
    expect(await statusOf(shipping)).toMatchObject({
      written: 20,
      acknowledged: 10,
      behind: 10,
      addsUp: true,
      paused: { reason: "the group is moved" },
    });
    expect(numbers()).toEqual(upTo(10));
    await shipping.control.resume(name);
    await arrived(upTo(20));
    await settled(20);
    await vi.waitFor(
      async () =>
        expect(await statusOf(shipping)).toMatchObject({ acknowledged: 20, behind: 0, paused: null }),
      WAIT,
    );
    await expect(shipping.control.pause("logs/nothing", "x")).rejects.toMatchObject({
      code: "unknown_destination",
    });
  });

  it("flushes what waits for a full batch [LOG-3]", async () => {
    const files = openFiles();
    const shipping = ship(files, { config: { maxBatchWait: "1h" } });
    writeNumbers(files, 0, 3);
    await shipping.flush(name, new AbortController().signal);
    expect(numbers()).toEqual(upTo(3));
  });

  it("restarts drive no more lines into quarantine; who resumes it grants as many again [LOG-3] [SIEM-5]", async () => {
    const config = { maxRefusalsInRow: 4, maxBatchEvents: 3 };
    cloudWatch.poison("level");
    let files = openFiles();
    writeNumbers(files, 0, 20);
    let shipping = ship(files, { config });
    for (let starts = 0; starts < 3; starts += 1) {
      await vi.waitUntil(() => stateOf(shipping) === "configuration", WAIT);
      await vi.waitFor(
        async () => expect(await statusOf(shipping)).toMatchObject({ quarantined: 4, addsUp: true }),
        WAIT,
      );
      [files, shipping] = await restart(shipping, config);
    }
    expect(files.log("application").head).toBe(20);
    await vi.waitUntil(() => stateOf(shipping) === "configuration", WAIT);
    await shipping.control.resume(name);
    await vi.waitFor(async () => expect(await statusOf(shipping)).toMatchObject({ quarantined: 8 }), WAIT);
  });

  it("begins with a position that an earlier version wrote", async () => {
    const files = openFiles();
    writeNumbers(files, 0, 5);
    const old = { next: 3, acknowledged: 1, [["set", "Aside"].join("")]: 1, purged: 1 };
    writeFileSync(join(directory, "application.position"), JSON.stringify(old));
    ship(files);
    await settled(5);
    expect(position()).toEqual({ ...firstPosition(5), acknowledged: 3, quarantined: 1, purged: 1 });
  });
});

describe("the shipper's own lines", () => {
  it("do not feed themselves while the service is away [LOG-3]", async () => {
    const files = openFiles();
    const logger: Logger = createLogger({
      service: "app",
      environment: "test",
      version: "1",
      level: "debug",
      destination: files,
    });
    const recorder = createRecorder(deliveryCatalog);
    const observer = createLogShippingTelemetry({ recorder, logger });
    await cloudWatch.goDown();
    logger.info({}, "one");
    ship(files, { observer, config: { maxBatchWait: "1ms" } });
    const requests = async () => {
      const series = await recorder.series();
      return series
        .filter(({ name }) => name === "sark_siem_forwards_total")
        .reduce((sum, { value }) => sum + value, 0);
    };
    await vi.waitFor(async () => expect(await requests()).toBeGreaterThan(60), WAIT);
    expect(files.log("application").head).toBeLessThan(25);
  });
});

it("refuses settings that CloudWatch would refuse", () => {
  const settings = { region: "eu-central-1" };
  expect(logShippingSchema.parse(settings)).toMatchObject({
    groupPrefix: "",
    maxBatchEvents: 1_000,
    maxBatchWait: 5_000,
  });
  expect(() => logShippingSchema.parse({ ...settings, groupPrefix: "a b" })).toThrow("up to 480");
  expect(() => logShippingSchema.parse({ ...settings, stream: "a:b" })).toThrow("without : and *");
});
