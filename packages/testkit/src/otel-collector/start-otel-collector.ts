import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@sark/embedded-postgres";
import { findExecutable } from "../find-executable.ts";
import { goFolders } from "../go-folders.ts";
import { killProcess } from "../kill-process.ts";
import { decodeTraces, type CollectedSpan } from "../otlp-receiver/decode-traces.ts";
import { readLogRecords, type CollectedLogRecord } from "./read-log-records.ts";

/** A metric as the collector writes it down: one of the three kinds of data. */
export interface CollectedMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: readonly CollectedPoint[] };
  readonly gauge?: { readonly dataPoints: readonly CollectedPoint[] };
  readonly histogram?: { readonly dataPoints: readonly CollectedPoint[] };
}
interface CollectedPoint {
  readonly attributes?: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}

export interface OtelCollector {
  /** Base address of OTLP over HTTP: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** What it has passed on to its file, in order, as it understood it itself. */
  logRecords(): readonly CollectedLogRecord[];
  spans(): readonly CollectedSpan[];
  /** In the form of OTLP's JSON. */
  metrics(): readonly CollectedMetric[];
  /** SIGKILL; `restart` starts it again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

const ATTEMPTS = 5;
const READY = "Everything is ready";
const TAKEN = "address already in use";

/** Starts a real OpenTelemetry collector that writes what it gets to a file. Ask `requireServer("otelcol")` before. */
export async function startOtelCollector(): Promise<OtelCollector> {
  const executable = findExecutable("otelcol", process.env, () => goFolders(process.env));
  if (executable === null) {
    throw new Error("otelcol was not found; ask requireServer('otelcol') before");
  }
  const folder = mkdtempSync(join(tmpdir(), "sark-otelcol-"));
  const output = join(folder, "out.jsonl");
  const configuration = join(folder, "config.yaml");

  async function launch(port: number): Promise<ChildProcess> {
    writeFileSync(configuration, JSON.stringify(settings(port, output)));
    const child = spawn(executable ?? "", ["--config", configuration], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    process.once("exit", () => child.kill("SIGKILL"));
    const said = await untilReady(child);
    if (said.includes(READY)) {
      return child;
    }
    await killProcess(child);
    throw new Error(said);
  }

  /** The collector does not say which port it got when it may choose, so one is picked here. */
  async function launchAnywhere(): Promise<{ child: ChildProcess; port: number }> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort();
      try {
        return { child: await launch(port), port };
      } catch (error) {
        if (attempt === ATTEMPTS || !(error as Error).message.includes(TAKEN)) {
          throw error;
        }
      }
    }
  }

  const first = await launchAnywhere();
  const { port } = first;
  let { child } = first;
  const lines = (): unknown[] => (existsSync(output) ? readLines(output) : []);
  return {
    url: `http://127.0.0.1:${port}`,
    logRecords: () => lines().filter(hasKey("resourceLogs")).flatMap(readLogRecords),
    spans: () => lines().filter(hasKey("resourceSpans")).flatMap(decodeTraces),
    metrics: () =>
      (lines().filter(hasKey("resourceMetrics")) as MetricsLine[]).flatMap(({ resourceMetrics }) =>
        resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics)),
      ),
    kill: () => killProcess(child),
    async restart() {
      await killProcess(child);
      child = await launch(port);
    },
    async close() {
      await killProcess(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface MetricsLine {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly CollectedMetric[] }[];
  }[];
}

/** JSON is YAML. */
function settings(port: number, output: string): object {
  const pipeline = { receivers: ["otlp"], exporters: ["file"] };
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { file: { path: output, append: true, flush_interval: "20ms" } },
    service: {
      telemetry: { metrics: { level: "none" }, logs: { level: "info" } },
      pipelines: { logs: pipeline, traces: pipeline, metrics: pipeline },
    },
  };
}

/** Resolves to what it said until it was ready, or ended. */
function untilReady(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
      if (said.includes(READY)) {
        resolve(said);
      }
    });
    child.once("error", ({ message }) => resolve(message));
    child.once("close", () => resolve(said));
  });
}

function readLines(file: string): unknown[] {
  // The last line may still be written.
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as unknown);
}

function hasKey(key: string): (line: unknown) => boolean {
  return (line) => typeof line === "object" && line !== null && key in line;
}
