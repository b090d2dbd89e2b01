import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { freePort } from "@sark/embedded-postgres";
import { waitUntil } from "@sark/observability/waiting";
import { killProcess } from "../kill-process.ts";
import { requireServer } from "../required-server.ts";

/** A span as Jaeger's API shows it. */
export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  /** Microseconds since 1970. */
  readonly startTime: number;
  readonly duration: number;
  readonly references: readonly { readonly refType: string; readonly spanID: string }[];
  readonly tags: readonly { readonly key: string; readonly value: unknown }[];
}

/** A real Jaeger that keeps traces in memory. */
export interface Jaeger {
  /** Where spans are sent: `http://127.0.0.1:<port>/v1/traces`. */
  readonly endpoint: string;
  /** Base address of its API, and of its console. */
  readonly url: string;
  /** The traces that its search finds, each as its spans. */
  search(service: string, operation: string): Promise<readonly (readonly JaegerSpan[])[]>;
  close(): Promise<void>;
}

const ATTEMPTS = 5;
const TAKEN = "address already in use";

/** Starts a real Jaeger on 127.0.0.1. Ask `requireServer("jaeger")` before. */
export async function startJaeger(): Promise<Jaeger> {
  const executable = requireServer("jaeger");
  if (executable === null) {
    throw new Error("jaeger was not found; ask requireServer('jaeger') before");
  }
  const { child, api, otlp } = await launchAnywhere(executable);
  const url = `http://127.0.0.1:${api}`;
  return {
    endpoint: `http://127.0.0.1:${otlp}/v1/traces`,
    url,
    async search(service, operation) {
      const response = await fetch(
        `${url}/api/traces?${new URLSearchParams({ service, operation }).toString()}`,
      );
      if (!response.ok) {
        throw new Error(`the search failed with ${response.status}: ${await response.text()}`);
      }
      const { data } = (await response.json()) as {
        data: readonly { readonly spans: readonly JaegerSpan[] }[];
      };
      return data.map(({ spans }) => spans);
    },
    close: () => killProcess(child),
  };
}

/** It does not say which ports it got where it may choose, so those that are asked for are picked here. */
async function launchAnywhere(executable: string) {
  for (let attempt = 1; ; attempt += 1) {
    const [api, otlp] = [await freePort(), await freePort()];
    const child = launch(executable, api, otlp);
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
    if (await respondsBeforeItEnds(child, api)) {
      return { child, api, otlp };
    }
    if (attempt === ATTEMPTS || !said.includes(TAKEN)) {
      throw new Error(`jaeger ended: ${said}`);
    }
  }
}

/** The API is what it starts last. */
async function respondsBeforeItEnds(child: ChildProcess, api: number): Promise<boolean> {
  const closed = once(child, "close").then(
    () => "closed" as const,
    () => "closed" as const,
  );
  const responds = () =>
    fetch(`http://127.0.0.1:${api}/api/services`).then(
      ({ ok }) => ok,
      () => false,
    );
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  await waitUntil(async () => hasEnded() || (await responds()), { everyMs: 20 });
  if (!hasEnded()) {
    return true;
  }
  await closed;
  return false;
}

function launch(executable: string, api: number, otlp: number): ChildProcess {
  const at = (port: number) => `127.0.0.1:${port}`;
  const child = spawn(
    executable,
    [
      ["query.http-server", api],
      ["collector.otlp.http", otlp],
      ...["query.grpc-server", "collector.otlp.grpc", "collector.grpc-server", "collector.http-server"].map(
        (unused) => [unused, 0] as const,
      ),
      ["admin.http", 0] as const,
    ].map(([server, port]) => `--${server}.host-port=${at(Number(port))}`),
    // It would send traces of its own to a port that another program may have.
    { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, OTEL_TRACES_SAMPLER: "always_off" } },
  );
  process.once("exit", () => child.kill("SIGKILL"));
  return child;
}
