import { wait, waitUntil } from "@sark/observability/waiting";
import type { Engine } from "./engine.ts";
import { runArguments } from "./run-arguments.ts";
import type { RunningComposition } from "./start-composition.ts";
import { send, toolCall, type RawResponse } from "../support/requests.ts";

/** What of the running containers is as it should be, a line for each. Rejects with the first that is not. */
export async function checkComposition(
  engine: Engine,
  running: RunningComposition,
  say: (line: string) => void,
): Promise<void> {
  for (const name of ["gateway", "metrics-service"]) {
    await checkRights(engine, name);
  }
  say("rights: user 1000, no capabilities, no new privileges; nothing to write but volumes and /tmp");
  const key = await engine.run(["exec", "gateway", "cat", "/var/lib/sark/admin.key"]);
  const call = (tool: string, args: Record<string, unknown>): Promise<RawResponse> =>
    send(running.gatewayUrl, toolCall("tools", tool, args, { authorization: `Bearer ${key}` }));
  expect(await call("echo", { text: "from a container" }), 200);
  say("call: allowed, and made by a program that the gateway started in its container");
  await checkScraping(engine, running);
  say("metrics: both services show them to the keys that were made for Prometheus");
  const acknowledged = await killUnderLoad(engine, running, (number) =>
    call("echo", { text: `call ${number}` }),
  );
  await checkOnRecord(running, key, acknowledged);
  say(
    `kill: ${acknowledged.length} calls had responses when the gateway got SIGKILL; all are on record after its restart`,
  );
  say(`log: ${await verifyLog(engine, running)}`);
  const seconds = await stopUnderLoad(engine, running, key, () => call("slow", { ms: 2_000 }));
  say(`stop: a call that ran had its response, exit code 0 after ${seconds.toFixed(1)} s`);
  await engine.run(["start", "gateway"]);
  await running.healthy("gateway");
  for (const line of await checkFaults(engine, running)) {
    say(`fault: ${line}`);
  }
}

export async function checkRights(engine: Engine, name: string): Promise<void> {
  const status = await engine.run(["exec", name, "cat", "/proc/1/status"]);
  const wanted = [
    /^Uid:\t1000\t1000/m,
    /^NoNewPrivs:\t1$/m,
    /^Seccomp:\t2$/m,
    /^CapPrm:\t0+$/m,
    /^CapBnd:\t0+$/m,
  ];
  const missing = wanted.filter((line) => !line.test(status));
  if (missing.length > 0) {
    throw new Error(`${name} runs with other rights than ${missing.join(", ")}:\n${status}`);
  }
  for (const path of ["/app/intruder", "/intruder", "/etc/sark/intruder"]) {
    if ((await engine.result(["exec", name, "touch", path])).code === 0) {
      throw new Error(`${name} can write ${path}`);
    }
  }
  await engine.run(["exec", name, "touch", "/tmp/of-a-moment", "/var/lib/sark/of-its-own"]);
}

async function checkScraping(engine: Engine, { composition, ...running }: RunningComposition): Promise<void> {
  const image = composition.services["prepare"]?.image ?? "";
  for (const [file, url] of [
    ["sark-gateway-key", running.gatewayUrl],
    ["sark-metrics-key", running.metricsServiceUrl],
  ] as const) {
    // As Prometheus reads it: by its group.
    const key = await engine.run([
      "run",
      "--rm",
      "--network=none",
      "--user=65534:65534",
      "--volume=scrape-keys:/keys:ro",
      image,
      "cat",
      `/keys/${file}`,
    ]);
    const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
    const text = await response.text();
    if (response.status !== 200 || !text.includes("# HELP ")) {
      throw new Error(`${url}/metrics: ${response.status} ${text}`);
    }
  }
}

/** Correlation ids of the calls that had their response before the gateway was killed among them. */
async function killUnderLoad(
  engine: Engine,
  running: RunningComposition,
  call: (number: number) => Promise<RawResponse>,
): Promise<string[]> {
  const acknowledged: string[] = [];
  const killed = new AbortController();
  const client = async (first: number): Promise<void> => {
    for (let number = first; !killed.signal.aborted; number += 4) {
      try {
        const response = await call(number);
        if (response.status === 200) {
          acknowledged.push(String(response.headers["x-correlation-id"]));
        }
      } catch (error) {
        if (acknowledged.length < 40) {
          throw error;
        }
        return;
      }
    }
  };
  const clients = Promise.all([0, 1, 2, 3].map(client));
  while (acknowledged.length < 40) {
    await Promise.race([clients, wait(20)]);
  }
  await engine.run(["kill", "--signal=KILL", "gateway"]);
  killed.abort();
  await clients;
  await engine.run(["wait", "gateway"]);
  await engine.run(["start", "gateway"]);
  await running.healthy("gateway");
  return acknowledged;
}

async function checkOnRecord(
  running: RunningComposition,
  key: string,
  correlationIds: readonly string[],
): Promise<void> {
  for (const id of correlationIds) {
    const response = await send(running.gatewayUrl, {
      method: "GET",
      path: `/api/v1/audit/requests/${id}/trail`,
      headers: { authorization: `Bearer ${key}` },
    });
    // A question that is refused says nothing of the record.
    expect(response, 200);
    const { events = [] } = response.json as { readonly events?: readonly unknown[] };
    if (events.length === 0) {
      throw new Error(`the call ${id} had a response and is not on record`);
    }
  }
}

/** By the image of the tools, with the public key from the volume of the gateway. */
export async function verifyLog(
  engine: Engine,
  { composition, postgresPassword }: RunningComposition,
): Promise<string> {
  const service = composition.services["tools"];
  if (service === undefined) {
    throw new Error("the composition has no tools");
  }
  // A code other than 0 says that it is not as it was signed.
  const report = await engine.run([
    "run",
    "--rm",
    ...runArguments("tools", {
      ...service,
      environment: { DATABASE_URL: `postgresql://sark:${postgresPassword}@postgres:5432/sark` },
      command: ["audit", "verify", "--key", "/var/lib/sark/audit-log.vkey", "--at-least", "80"],
    }),
  ]);
  return `verified by the tools' image: ${report.replaceAll(/\s+/g, " ")}`;
}

/** How long the stop took. */
async function stopUnderLoad(
  engine: Engine,
  { gatewayUrl }: RunningComposition,
  key: string,
  slowCall: () => Promise<RawResponse>,
): Promise<number> {
  const response = slowCall();
  const isRunning = await waitUntil(async () => (await requestsInFlight(gatewayUrl, key)) > 1, {
    everyMs: 20,
    signal: AbortSignal.timeout(2_000),
  });
  if (!isRunning) {
    throw new Error("the call that was to run during the stop did not begin");
  }
  const started = performance.now();
  await engine.run(["stop", "gateway"]);
  const seconds = (performance.now() - started) / 1_000;
  expect(await response, 200);
  const state = await engine.run(["inspect", "--format={{.State.ExitCode}}", "gateway"]);
  if (state !== "0") {
    throw new Error(
      `the gateway ended with ${state}: ${(await engine.result(["logs", "--tail=20", "gateway"])).text}`,
    );
  }
  return seconds;
}

/** With that which asks for it. */
async function requestsInFlight(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
  return Number(/^sark_gateway_requests_in_flight(?:\{.*\})? (\d+)$/m.exec(await response.text())?.[1]);
}

/** What the log of a container says whose settings are wrong, with its exit code. */
async function checkFaults(engine: Engine, { composition }: RunningComposition): Promise<string[]> {
  const image = (name: string): string => composition.services[name]?.image ?? "";
  const cases = [
    { image: image("gateway"), set: [], says: "DATABASE_URL", code: 2 },
    { image: image("metrics-service"), set: [], says: "DATABASE_URL", code: 2 },
    { image: image("gateway"), set: ["--env=SARK_HTTP_PROT=8000"], says: "SARK_HTTP_PROT", code: 2 },
  ];
  const lines = [];
  for (const { image: name, set, says, code } of cases) {
    const run = ["run", "--rm", "--read-only", "--network=none", "--no-healthcheck", ...set, name];
    const result = await engine.result(run);
    if (result.code !== code || !result.text.includes(says)) {
      throw new Error(`${name} with wrong settings: ${result.code}\n${result.text}`);
    }
    lines.push(
      `exit code ${code}, ${result.text.split("\n").find((line) => line.includes(says) && !line.startsWith("{")) ?? ""}`,
    );
  }
  return lines;
}

function expect(response: RawResponse, status: number): void {
  if (response.status !== status) {
    throw new Error(`the call got ${response.status}: ${response.text}`);
  }
}
