import { mkdirSync, readdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCloudWatchLogs, type CloudWatchLogs } from "@sark/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { metric } from "../support/observed.ts";

const AWS = { accessKeyId: "AKIDPLANTED", secretAccessKey: "planted-aws-secret", region: "eu-central-1" };
const AWAY = { kind: "code", code: 503, times: "always" } as const;
const MAX_FILE = 64 * 1024;
const MAX_TOTAL = 8 * MAX_FILE;
const application = { log: "application" };

let cloudWatch: CloudWatchLogs;
let gateway: GatewayUnderTest;
let folder: string;
beforeAll(async () => {
  cloudWatch = await startCloudWatchLogs({ credentials: AWS });
  cloudWatch.faults.add(AWAY);
  gateway = await startGatewayUnderTest({
    upstreams: [],
    policies: EVERYONE,
    config: {
      logging: {
        files: { maxFileSize: `${MAX_FILE}B`, maxTotalSize: `${MAX_TOTAL}B`, compressAfter: "0s" },
        cloudwatch: {
          region: AWS.region,
          endpoint: cloudWatch.url,
          groupPrefix: "/sark/",
          credentials: { accessKeyId: "${AWS_ID}", secretAccessKey: "${AWS_SECRET}" },
          maxBatchWait: "50ms",
          maxBatchEvents: 10,
          maxUnsettledEvents: 10,
          retryBaseDelay: "20ms",
          retryMaxDelay: "100ms",
          breakerOpenDuration: "200ms",
        },
      },
    },
    environment: { AWS_ID: AWS.accessKeyId, AWS_SECRET: AWS.secretAccessKey },
  });
  folder = join(gateway.dataDirectory, "logs");
});
afterAll(async () => {
  await gateway.close();
  await cloudWatch.close();
});

const counted = (name: string) => metric(gateway, name, application);
/** The value, once it is not 0. */
const untilCounted = (name: string) =>
  vi.waitFor(async () => {
    const value = await counted(name);
    if (value === 0) {
      throw new Error(`${name} is 0`);
    }
    return value;
  });

/** Of random letters: they do not become less by compression. */
const line = (at: number) =>
  Array.from({ length: 100 }, () => Math.random().toString(36).slice(2)).join("") + String(at);

/** Lines of the gateway's own logger, as many as fill so many files. */
function fill(files: number): void {
  for (let at = 0; at < (files * MAX_FILE) / 1_200; at += 1) {
    gateway.gateway.telemetry.logger.info({ text: line(at) }, "a line of a test");
  }
}

const closed = () =>
  readdirSync(folder)
    .filter((name) => /^application\..*\.gz$/.test(name))
    .toSorted();
/** The file that is written to. */
const active = () =>
  join(
    folder,
    readdirSync(folder)
      .filter((name) => /^application\..*\.jsonl$/.test(name))
      .toSorted()
      .at(-1) ?? "",
  );

it("a file that cannot be read to its end when it is shipped is counted [LOG-3]", async () => {
  fill(5);
  await vi.waitFor(() => expect(closed().length).toBeGreaterThanOrEqual(4));
  const damaged = join(folder, closed()[2] ?? "");
  truncateSync(damaged, Math.floor(statSync(damaged).size / 2));
  cloudWatch.faults.clear();
  expect(await untilCounted("sark_log_files_unreadable_total")).toBeGreaterThan(0);
});

it("files that were removed to keep within the limit are counted, and lines in them that were not shipped [LOG-3]", async () => {
  cloudWatch.faults.add(AWAY);
  fill(20);
  expect(await untilCounted("sark_log_files_removed_total")).toBeGreaterThan(0);
  expect(await untilCounted("sark_log_lines_removed_unshipped_total")).toBeGreaterThan(0);
});

it("a file that cannot be compressed is counted [LOG-3]", async () => {
  mkdirSync(`${active()}.gz.new`);
  fill(2);
  expect(await untilCounted("sark_log_upkeep_failures_total")).toBeGreaterThan(0);
});

it("lines in a folder that was taken away, and lines that found none, are counted, and it goes on where there is one again [LOG-3]", async () => {
  const { logger } = gateway.gateway.telemetry;
  renameSync(folder, `${folder}-away`);
  // No folder can be made there.
  writeFileSync(folder, "");
  await vi.waitFor(async () => {
    logger.info({}, "a line without a file");
    expect(await counted("sark_log_lines_not_written_total")).toBeGreaterThan(0);
  });
  expect(await counted("sark_log_lines_vanished_total")).toBeGreaterThan(0);
  rmSync(folder);
  renameSync(`${folder}-away`, folder);
  const before = await counted("sark_log_lines_written_total");
  logger.info({}, "a line with a file");
  expect(await counted("sark_log_lines_written_total")).toBe(before + 1);
});
