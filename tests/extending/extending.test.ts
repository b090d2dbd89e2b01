import { execFile, spawn } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { startHttpCollector, startMcpServer } from "@sark/testkit";
import { createAuditDatabase } from "@sark/audit/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { send, toolCall } from "../support/requests.ts";
import { makeScratchCopy, type ScratchCopy } from "../support/scratch-copy.ts";
import { UNHURRIED_ENVIRONMENT } from "../support/unhurried.ts";
import { change, readSteps, type Step } from "./read-steps.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/extending.md"), "utf8");
const cleanup: (() => unknown)[] = [];
afterAll(async () => {
  for (const step of cleanup.splice(0).toReversed()) {
    await step();
  }
});

/** Dependencies and packages do not change, and what is generated was written a moment ago; the lint has a line of its own. */
const LEFT_OUT = ["check:dependencies", "check:packages", "check:generated", "check:lint"];

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
        // The compiler and the linter are of Go: as long as there is room they collect no garbage.
        GOGC: "off",
        GOMEMLIMIT: "2GiB",
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
    await run("format", ...changed);
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

  it("adds an endpoint, a setting, a metric, a policy input and a sink that work; npm run dev starts them again when a source changes, with the same data", async () => {
    const collector = await startHttpCollector();
    cleanup.push(() => collector.close());
    const tools = await startMcpServer();
    cleanup.push(() => tools.close());
    const gateway = await startDev({
      http: { serverName: "extended/1", port: 0 },
      upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
      destinations: [
        {
          name: "lines",
          maxBatchWait: "50ms",
          sink: { type: "ndjson", url: collector.url, token: "${TOKEN}" },
        },
      ],
    });
    const { url, key } = await gateway.started(1);

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

    appendFileSync(join(copy.folder, "services/gateway/src/pipeline/pipeline.ts"), "\n");
    const again = await gateway.started(2);
    expect(again.key).toEqual(key);
    const after = await send(again.url, { method: "GET", path: "/api/v1/version", headers: key });
    expect(after.status).toBe(200);
  });
});

/** `npm run dev` in the copy, with this configuration. */
async function startDev(config: Record<string, unknown>) {
  const database = await createAuditDatabase();
  cleanup.push(database.drop);
  const file = join(copy.folder, "sark.json");
  const dataDirectory = join(copy.folder, ".sark");
  const policy = { directory: join(copy.folder, "policies") };
  writeFileSync(file, JSON.stringify({ ...config, dataDirectory, policy, database: { url: database.url } }));
  const { HOME = "/", NODE_COMPILE_CACHE = "" } = process.env;
  const command = `${scriptsOf(copy.folder)["dev"] ?? ""} --config "$1"`;
  const child = spawn("/bin/sh", ["-c", command, "sh", file], {
    cwd: copy.folder,
    env: {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME,
      NODE_COMPILE_CACHE,
      TOKEN: "a-token",
      ...UNHURRIED_ENVIRONMENT,
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
  return {
    /** Once it has started so often. */
    async started(times: number) {
      await vi.waitFor(() => expect(stderr.match(/Ctrl-C ends everything/g)).toHaveLength(times));
      const url = [...stderr.matchAll(/^SARK gateway: (\S+)$/gm)].at(-1)?.[1] ?? "";
      return { url, key: { "x-api-key": readFileSync(join(dataDirectory, "admin.key"), "utf8").trim() } };
    },
  };
}
