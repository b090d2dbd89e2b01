import { execFile, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { startHttpCollector, startMcpServer } from "@sark/testkit";
import { createAuditDatabase } from "@sark/audit/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { spawnGateway, untilReady, type GatewayProcess } from "../support/gateway-process.ts";
import { send, toolCall } from "../support/requests.ts";
import { makeScratchCopy, type ScratchCopy } from "../support/scratch-copy.ts";
import { change, readSteps, type Step } from "./read-steps.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/extending.md"), "utf8");
const cleanup: (() => unknown)[] = [];
afterAll(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

/** Dependencies and packages do not change; the lint has a line of its own. */
const LEFT_OUT = ["check:dependencies", "check:packages", "check:lint"];

/** One that checks types; several would each find out anew what most of them are. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = { "check:types": ["--checkers", "1"] };

let copy: ScratchCopy;
const changed = new Set<string>();
beforeAll(() => {
  copy = makeScratchCopy();
  cleanup.push(copy.remove);
  readSteps(page).forEach(apply);
});

function apply(step: Step): void {
  const path = join(copy.folder, step.file);
  changed.add(step.file);
  if (step.kind === "new") {
    expect(existsSync(path), `${step.file} is new`).toBe(false);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, step.text);
  } else {
    writeFileSync(path, change(readFileSync(path, "utf8"), step));
  }
}

function scriptsOf(folder: string): Readonly<Record<string, string>> {
  const { scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  return scripts;
}

/** What a script of the copy printed, run as npm runs it; rejects with that when it failed. */
async function run(script: string, ...args: readonly string[]): Promise<string> {
  const command = `${scriptsOf(copy.folder)[script] ?? ""} "$@"`;
  try {
    const { stdout, stderr } = await promisify(execFile)("/bin/sh", ["-c", command, "sh", ...args], {
      cwd: copy.folder,
      env: {
        ...process.env,
        PATH: [join(copy.folder, "node_modules/.bin"), process.env["PATH"]].join(delimiter),
        // The compiler and the linter are of Go: with more memory they collect less garbage.
        GOGC: "400",
      },
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`npm run ${script} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

describe("what docs/extending.md says to do", () => {
  it("passes the gates", async () => {
    // The code as the formatter would write it, as in any commit.
    await run("format");
    await run("generate");
    // Those of `npm run check`.
    const gates = [...(scriptsOf(copy.folder)["check"] ?? "").matchAll(/check:\w+/g)].map(([name]) => name);
    expect(gates).toContain("check:types");
    for (const gate of gates.filter((name) => !LEFT_OUT.includes(name))) {
      await run(gate, ...(ARGUMENTS[gate] ?? []));
    }
    // Of the files that it changes: to lint all takes as long as all else.
    await run("check:lint", ...[...changed].filter((file) => file.endsWith(".ts")));
  });

  it("adds an endpoint, a setting, a metric, a policy input and a sink that work", async () => {
    const collector = await startHttpCollector();
    cleanup.push(() => collector.close());
    const tools = await startMcpServer();
    cleanup.push(() => tools.close());
    const { url, key } = await startGateway({
      http: { serverName: "extended/1" },
      upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
      destinations: [
        {
          name: "lines",
          maxBatchWait: "50ms",
          sink: { type: "ndjson", url: collector.url, token: "${TOKEN}" },
        },
      ],
    });

    const version = await send(url, { method: "GET", path: "/api/v1/version", headers: key });
    expect(version).toMatchObject({ status: 200, json: { version: expect.any(String) as string } });
    expect((await send(url, { method: "GET", path: "/api/v1/version" })).status).toBe(401);
    expect(version.headers["server"]).toBe("extended/1");

    const { text } = await send(url, { method: "GET", path: "/metrics", headers: key });
    expect(text).toMatch(/^sark_gateway_http_requests_total\{method="GET"\} [1-9]/m);

    const called = await send(url, toolCall("tools", "echo", { text: "hello" }, key));
    expect(called.text).toContain("Tools are called from the office network alone.");

    await vi.waitFor(() => {
      const lines = collector.collected().flatMap((request) => request.text.trimEnd().split("\n"));
      const events = lines.map((line) => JSON.parse(line) as { reason: string });
      expect(events.map(({ reason }) => reason)).toContain("Tools are called from the office network alone.");
    });
  });
});

async function startGateway(config: Record<string, unknown>) {
  const database = await createAuditDatabase();
  cleanup.push(database.drop);
  const file = join(copy.folder, "sark.json");
  const dataDirectory = join(copy.folder, ".sark");
  const policy = { directory: join(copy.folder, "policies") };
  writeFileSync(file, JSON.stringify({ ...config, dataDirectory, policy, database: { url: database.url } }));
  const gateway: GatewayProcess = spawnGateway({
    environment: { TOKEN: "a-token" },
    args: ["--config", file],
    folder: copy.folder,
  });
  cleanup.push(async () => {
    gateway.kill("SIGTERM");
    await gateway.exited;
  });
  await untilReady(gateway);
  const key = readFileSync(join(dataDirectory, "admin.key"), "utf8").trim();
  return { url: gateway.url(), key: { "x-api-key": key } };
}

it("npm run dev starts the gateway again when a source changes, with the same data", async () => {
  const database = await createAuditDatabase();
  cleanup.push(database.drop);
  const dataDirectory = join(copy.folder, ".dev");
  const { HOME = "/", NODE_COMPILE_CACHE = "" } = process.env;
  const child = spawn("/bin/sh", ["-c", scriptsOf(copy.folder)["dev"] ?? ""], {
    cwd: copy.folder,
    env: {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME,
      NODE_COMPILE_CACHE,
      DATABASE_URL: database.url,
      SARK_DATA_DIRECTORY: dataDirectory,
      SARK_HTTP_PORT: "0",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  cleanup.push(() => {
    child.kill("SIGTERM");
    return exited;
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const started = (times: number) =>
    vi.waitFor(() => expect(stderr.match(/Ctrl-C ends everything/g)).toHaveLength(times));
  await started(1);
  const key = readFileSync(join(dataDirectory, "admin.key"), "utf8");
  appendFileSync(join(copy.folder, "services/gateway/src/pipeline.ts"), "\n");
  await started(2);
  expect(readFileSync(join(dataDirectory, "admin.key"), "utf8")).toBe(key);
});
