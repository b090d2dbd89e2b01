import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LOG_NAMES, openLogFiles } from "@sark/observability/logging";
import { startCloudWatchLogs, type CloudWatchLogs, type ReceiverFault } from "@sark/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { logShippingSchema } from "./config.ts";
import { startLogShipping } from "./start-log-shipping.ts";

const AWS = { accessKeyId: "AKIDTEST", secretAccessKey: "c2VjcmV0", region: "eu-central-1" };
const PROGRAM = fileURLToPath(new URL("../testing/log-program.ts", import.meta.url));
const ROUNDS = 5;
/** `npm run test:capture` has a million of them; here some 2,000. */
const LINES = Number(process.env["SARK_CAPTURE_LINES"] ?? 1_750);

let directory: string;
let cloudWatch: CloudWatchLogs;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "sark-crashes-"));
  cloudWatch = await startCloudWatchLogs({ credentials: AWS });
});
afterEach(async () => {
  await cloudWatch.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Line {
  readonly n: number;
  readonly level: string;
  readonly log?: string;
}

/** Runs the program until it has shown so many lines and sent so many requests, and kills it in the midst of whatever it does. */
async function runAndKill(from: number, lines: number, requests: number): Promise<Line[]> {
  const settings = {
    directory,
    endpoint: cloudWatch.url,
    from,
    region: AWS.region,
    id: AWS.accessKeyId,
    key: AWS.secretAccessKey,
  };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  let seen = 0;
  const before = cloudWatch.requests().at(-1);
  /** Since the start; the newest 10,000 of all are kept. */
  const sent = () => {
    const kept = cloudWatch.requests();
    return kept.length - 1 - kept.findLastIndex((request) => request === before);
  };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    seen += chunk.split("\n").length - 1;
    if (seen >= lines && sent() >= requests) {
      child.kill("SIGKILL");
    }
  });
  await once(child, "close");
  expect(child.signalCode).toBe("SIGKILL");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

const at = (log: string) => cloudWatch.events(log).map(({ message }) => message);

function parsed(log: string): number[] {
  return at(log).flatMap((message) => {
    try {
      return [(JSON.parse(message) as Line).n];
    } catch {
      // A fragment: its call never returned.
      return [];
    }
  });
}

const FAULTS: readonly ReceiverFault[] = [
  { kind: "reset-after-body", taken: true },
  { kind: "code", code: 400 },
  { kind: "hang", taken: true },
  { kind: "code", code: 503 },
];

it(
  "kill -9 at any point, while files rotate and ship, loses no line that was written [LOG-3] [QLT-2]",
  { timeout: Math.max(120_000, 2 * LINES) },
  async () => {
    let written: readonly Line[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      cloudWatch.faults.add(...FAULTS);
      written = written.concat(
        await runAndKill(
          round * 10_000_000,
          (LINES / ROUNDS) * (0.43 + 1.14 * Math.random()),
          12 * Math.random(),
        ),
      );
    }
    cloudWatch.faults.clear();
    // They were killed while they shipped.
    expect(parsed("application").length).toBeGreaterThan(0);
    expect(readdirSync(directory).filter((name) => name.endsWith(".gz")).length).toBeGreaterThan(ROUNDS);

    const files = openLogFiles({ directory });
    const shipping = startLogShipping({
      files,
      host: "crashing",
      environment: { ID: AWS.accessKeyId, KEY: AWS.secretAccessKey },
      config: logShippingSchema.parse({
        region: AWS.region,
        endpoint: cloudWatch.url,
        credentials: { accessKeyId: "${ID}", secretAccessKey: "${KEY}" },
      }),
    });
    try {
      await vi.waitFor(
        () => {
          const cursors = shipping.snapshots().map(({ leading }) => leading?.backlog.events);
          expect(cursors).toEqual([0, 0, 0]);
        },
        { timeout: Math.max(60_000, LINES), interval: 20 },
      );
    } finally {
      await shipping.close(0);
      await files.close();
    }

    const wanted = {
      application: written.filter(({ log }) => log !== "security-audit"),
      exceptions: written.filter(({ level }) => level === "error"),
      "security-audit": written.filter(({ log }) => log === "security-audit"),
    };
    for (const log of LOG_NAMES) {
      const received = parsed(log);
      const found = new Set(received);
      const distinct = [...found];
      expect(wanted[log].filter(({ n }) => !found.has(n))).toEqual([]);
      // In order, but for what was sent again.
      expect(distinct).toEqual(distinct.toSorted((a, b) => a - b));
      // What is there in addition to the lines that were seen was written just before a kill; what is there twice was sent twice.
      expect(distinct.length - wanted[log].length).toBeLessThanOrEqual(ROUNDS);
      expect(received.length - distinct.length).toBeLessThan(ROUNDS * FAULTS.length * 60);
    }
    expect(wanted["security-audit"].length).toBeGreaterThan(100);
  },
);
