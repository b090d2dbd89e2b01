import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, openLogFiles, runInContext, type Destination } from "@sark/observability/logging";
import { withCleanup } from "../cleanup.ts";
import { inTurn } from "../in-turn.ts";
import type { BenchOptions, BenchResult } from "../result.ts";

const PER_ROUND = 20_000;

/** As the gateway logs the end of a call: eight fields, an id, and those of the request. */
const FIELDS = {
  server: "files",
  method: "tools/call",
  tool: "read_file",
  session: "3f2a9c0d",
  outcome: "ok",
  upstream_status: 200,
  bytes: 18_230,
  duration_ms: 12.345,
};
const ABOUT = { service: "bench", environment: "bench", version: "1" };
const CONTEXT = { correlation_id: "0193a5e2-7d1c-7cc3-9f0e-2b5a1d9c8e11", user: "alice", tenant: "acme" };

/** Of a line: no two have the same. */
const IDS = Array.from({ length: 50_000 }, () => randomUUID());
let lines = 0;
const nextId = () => IDS[(lines += 1) % IDS.length];

interface BarePino {
  info(fields: object, message: string): void;
}

/** The very pino that the library uses. */
function barePino(write: (line: string) => void): BarePino {
  const observability = createRequire(import.meta.resolve("@sark/observability/logging"));
  const { pino } = observability("pino") as {
    pino(options: object, stream: { write(line: string): void }): BarePino;
  };
  return pino({ base: ABOUT }, { write });
}

/** A line with all that LOG-1 and LOG-2 ask for, against one of bare pino; into nothing, and into files. */
export function run(options: BenchOptions): Promise<BenchResult> {
  return withCleanup(async (defer) => {
    const folder = mkdtempSync(join(tmpdir(), "sark-bench-log-"));
    defer(() => rmSync(folder, { recursive: true, force: true }));
    const bareFile = openSync(join(folder, "bare"), "a");
    defer(() => closeSync(bareFile));
    const files = openLogFiles({ directory: join(folder, "files"), maxTotalBytes: 2 ** 28 });
    defer(() => files.close());
    const nowhere: Destination = { write: () => undefined };
    const logger = (destination: Destination, more: object = {}) =>
      createLogger({ ...ABOUT, level: "info", destination, ...more });
    const ours = logger(nowhere);
    const sampled = logger(nowhere, { sampling: { first: 100, thenEach: 100, perMs: 1_000 } });
    const withEmails = logger(nowhere, { hideEmails: true });
    const inFiles = logger(files);
    const bare = barePino(() => undefined);
    const bareInFile = barePino((line) => void writeSync(bareFile, line));
    const bareFields = { ...FIELDS, ...CONTEXT };
    const costs = await inTurn(
      {
        bare: () => bare.info({ ...bareFields, call: nextId() }, "call finished"),
        ours: () => ours.info({ ...FIELDS, call: nextId() }, "call finished"),
        ours_new_user: () => ours.info({ ...FIELDS, user: `u.${nextId()}` }, "call finished"),
        below_the_level: () => ours.debug({ ...FIELDS, call: nextId() }, "call finished"),
        sampled: () => sampled.info({ ...FIELDS, call: nextId() }, "call finished"),
        emails_hidden: () => withEmails.info({ ...FIELDS, call: nextId() }, "call finished"),
        bare_in_file: () => bareInFile.info({ ...bareFields, call: nextId() }, "call finished"),
        ours_in_files: () => inFiles.info({ ...FIELDS, call: nextId() }, "call finished"),
      },
      {
        perRound: PER_ROUND,
        rounds: options.long ? 40 : 12,
        around: (act) => runInContext(CONTEXT, act),
        progress: options.progress,
      },
    );
    const ratio = costs.ours / costs.bare;
    return {
      name: "log",
      ratio,
      lowerIsBetter: true,
      aim: "≤ 3 times the processor time of bare pino for a line whose secrets are taken out, in files, too",
      met: ratio <= 3 && costs.ours_in_files / costs.bare_in_file <= 3,
      figures: {
        ...Object.fromEntries(Object.entries(costs).map(([name, ns]) => [`${name}_ns_per_line`, ns])),
        lines_per_second_in_files: 1e9 / costs.ours_in_files,
        ratio_in_files: costs.ours_in_files / costs.bare_in_file,
      },
    };
  });
}
