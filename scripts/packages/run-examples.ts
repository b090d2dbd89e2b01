import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { startService } from "@sark/metrics-service/testing";
import { waitUntil } from "@sark/observability/waiting";
import type { TemporaryPostgres } from "@sark/testkit";
import { quickStarts } from "./quick-starts.ts";

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs what the folder holds as its users would, on databases of its own. Throws when one does not do what it should. */
export async function runExamples(folder: string, postgres: TemporaryPostgres): Promise<void> {
  expectIn(await run(folder, "every-export.ts", {}), /^\d+( \d+)+\n$/);
  const service = await startService(postgres.url);
  try {
    const { sender } = await service.tenant("acme");
    const environment = { METRICS_URL: service.url, METRICS_KEY: sender };
    for (const { name } of quickStarts()) {
      const DATABASE_URL = await postgres.createDatabase();
      expectIn(await run(folder, join("quick-starts", name), { ...environment, DATABASE_URL }), /\S/);
    }
    await driveMetricsSender(folder, environment);
  } finally {
    await service.close();
  }
  await drivePlainNode(folder, await postgres.createDatabase());
  await driveFastify(folder, await postgres.createDatabase());
}

async function driveMetricsSender(folder: string, environment: Record<string, string>): Promise<void> {
  const send = () => run(folder, "examples/metrics-sender/send.ts", environment);
  const first = await send();
  expectIn(first, /^refused: zoe: score: /m);
  expectIn(first, /^sent: 240 accepted, 0 there before, 1 refused, 0 dropped$/m);
  expectIn(await send(), /^sent: 0 accepted, 240 there before, 1 refused, 0 dropped$/m);
}

async function drivePlainNode(folder: string, DATABASE_URL: string): Promise<void> {
  const service = await start(folder, "examples/plain-node/server.ts", { DATABASE_URL });
  expectIn(await ask(`${service.url}/documents/motd`, { headers: { "x-user": "alice" } }), /^200 .*nice day/);
  expectIn(await ask(`${service.url}/documents/none`), /^404 /);
  const metrics = await ask(`${service.operations}/metrics`);
  expectIn(metrics, /http_route="\/documents\/:name",http_response_status_code="404"\} 1$/m);
  expectIn(metrics, /^documents_reads_total\{outcome="sent"\} 1$/m);
  expectIn(metrics, /^sark_audit_events_written_total 2$/m);
  const output = await service.end();
  expectIn(output, /"message":"audit event recorded"/);
}

async function driveFastify(folder: string, DATABASE_URL: string): Promise<void> {
  const service = await start(folder, "examples/fastify/server.ts", { DATABASE_URL, KEY_FOLDER: folder });
  const placed = await ask(`${service.url}/orders`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-user": "bob" },
    body: JSON.stringify({ item: "book", password: "hunter2" }),
  });
  const request = /^201 \{"request":"([\w-]+)"\}/.exec(placed)?.[1];
  expectIn(placed, /^201 /);
  const key = (await ask(`${service.url}/verifier-key`)).replace(/^200 /, "");
  // The outcome is recorded after the response; ending the service writes and signs what waits.
  expectIn(await ask(`${service.url}/audit/${request}`), /^200 \[\{"operation":"place"/);
  const metrics = await ask(`${service.operations}/metrics`);
  expectIn(metrics, /^orders_duration_seconds_count 1$/m);
  expectIn(metrics, /http_route="\/orders",http_response_status_code="201"\} 1$/m);
  const output = await service.end();
  // After the body was read, too.
  expectIn(output, new RegExp(`"correlation_id":"${request}","user":"bob",.*"message":"order placed"`));
  expectIn(output, /"password":"\[redacted\]"/);
  const verified = await run(folder, "examples/fastify/verify.ts", { DATABASE_URL }, [key]);
  expectIn(verified, /^OK: 2 events are as they were signed$/m);
}

/** Status and body of a response. */
async function ask(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(60_000) });
  return `${response.status} ${await response.text()}`;
}

/** Runs a program to its end. Throws unless that is a good one. */
async function run(
  folder: string,
  file: string,
  environment: Record<string, string>,
  args: readonly string[] = [],
): Promise<string> {
  const { ended } = launch(folder, file, environment, args);
  const { code, output } = await ended;
  if (code !== 0) {
    throw new Error(`${file} ended with ${code}:\n${output}`);
  }
  return output;
}

/** Starts a service on a free port; its first log line says where it listens. */
async function start(folder: string, file: string, environment: Record<string, string>) {
  const { child, ended, says } = launch(
    folder,
    file,
    {
      ...environment,
      PORT: "0",
      OPERATIONS_PORT: "0",
    },
    [],
  );
  const heard = says(/"url":"(http:[^"]+)","operations":"(http:[^"]+)"/);
  const [url, operations] = await Promise.race([
    heard,
    ended.then(({ output }) => Promise.reject(new Error(`${file}: ${output}`))),
  ]);
  ended.catch(() => undefined);
  // Until the database was asked once.
  await waitUntil(async () => (await ask(`${operations}/health/ready`)).startsWith('200 {"status":"ok"'), {
    everyMs: 50,
  });
  return {
    url,
    operations,
    /** Ends it as an orchestrator does; gives all that it wrote. */
    async end(): Promise<string> {
      child.kill("SIGTERM");
      const { code, output } = await ended;
      if (code !== 0) {
        throw new Error(`${file} ended with ${code}:\n${output}`);
      }
      return output;
    },
  };
}

function launch(folder: string, file: string, environment: Record<string, string>, args: readonly string[]) {
  const child = spawn(process.execPath, [join(folder, file), ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: string): void => void (output += chunk);
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const ended: Promise<Ended> = once(child, "close").then(([code]) => ({
    code: code as number | null,
    output,
  }));
  return {
    child,
    ended,
    /** Resolves to the groups of the expression, once the output has it. */
    says: (expression: RegExp): Promise<string[]> =>
      new Promise((resolve) => {
        child.stdout.on("data", () => {
          const found = expression.exec(output);
          if (found !== null) {
            resolve(found.slice(1));
          }
        });
      }),
  };
}

function expectIn(text: string, expected: RegExp): void {
  if (!expected.test(text)) {
    throw new Error(`Expected ${expected} in:\n${text}`);
  }
}
