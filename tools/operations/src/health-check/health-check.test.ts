import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { runCaptured } from "../testing/run-captured.ts";
import { healthCheckTool } from "./tool.ts";
import { healthReport, type HealthReport, type ShownComponent } from "./report.ts";

const KEY = "sark_planted-key";
/** What the gateway does next. How a real one responds is tested in `tests/operations/health-check.test.ts`. */
let respond: (response: ServerResponse) => void;
let asked: { readonly url: string | undefined; readonly key: unknown }[];
const server = createServer((request, response) => {
  asked.push({ url: request.url, key: request.headers["x-api-key"] });
  respond(response);
});
let url: string;
let folder: string;
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), "sark-health-check-"));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
  respond = says(200, health("ok"));
});

const says =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  };

const check = (args: readonly string[], options: Partial<Parameters<typeof runCaptured>[2]> = {}) =>
  runCaptured(healthCheckTool, args, {
    env: { GATEWAY_URL: url, GATEWAY_API_KEY: KEY },
    ...options,
  });

function part(name: string, status: ShownComponent["status"] = "ok", more: Partial<ShownComponent> = {}) {
  const at = "2026-07-28T09:00:00.000Z";
  return {
    name,
    component: name.replace(/:.*/, ""),
    required: name === "policy",
    status,
    latency_ms: 1.4,
    last_checked: at,
    last_success: at,
    last_failure: null,
    last_failure_message: null,
    consecutive_failures: 0,
    message: null,
    details: null,
    ...more,
  };
}
const POLICY = part("policy", "ok", { details: { engine: "opa" } });
function health(status: HealthReport["status"], components: ShownComponent[] = [POLICY]) {
  return { status, draining: status === "draining", version: "1.2.3", uptime_seconds: 180, components };
}
const ill = [
  POLICY,
  part("upstream:files", "down", { message: "connect ECONNREFUSED \u001b[2J", latency_ms: null }),
  part("siem:splunk", "degraded", { message: "status 503", last_checked: null }),
];

describe("what it says", () => {
  it.each([
    ["ok", 200, 0],
    ["degraded", 200, 1],
    ["draining", 503, 1],
    ["down", 503, 2],
    ["unknown", 503, 3],
  ] as const)("ends for a gateway that is %s (HTTP %i) with %i [CLI-3]", async (status, http, code) => {
    respond = says(http, health(status));
    expect(await check([])).toEqual({
      code,
      out: `${status}: ${url}, version 1.2.3, up 3 min\n`,
      err: "",
    });
    expect(asked).toEqual([{ url: "/health/detailed", key: KEY }]);
  });

  it("names what is not well, and with --verbose every component and what it says [CLI-3]", async () => {
    respond = says(200, health("degraded", ill));
    expect((await check([])).out.split("\n").slice(1)).toEqual([
      "STATUS    COMPONENT",
      "down      upstream:files",
      "degraded  siem:splunk",
      "upstream:files: connect ECONNREFUSED  [2J",
      "siem:splunk: status 503",
      "",
    ]);
    const { out } = await check(["--verbose"]);
    expect(out).toMatch(/^STATUS +COMPONENT +TOOK +REQUIRED +CHECKED$/m);
    expect(out).toMatch(/^ok +policy +1 ms +yes +\d+ d ago$/m);
    expect(out).toMatch(/^degraded +siem:splunk +1 ms +no +never$/m);
    expect(out).toMatch(/^policy: engine opa$/m);
    expect(out).not.toContain("\u001b");
  });

  it("fits on a terminal of 40 columns, in colours unless NO_COLOR is set [CLI-3] [CLI-5]", async () => {
    respond = says(200, health("degraded", ill));
    const narrow = (await check(["--verbose"], { tty: true, columns: 40 })).out;
    expect(narrow).toContain("\u001b[31mdown");
    expect(narrow).toMatch(/COMPONENT +TOOK\b/);
    expect(narrow).not.toContain("CHECKED");
    const env = { GATEWAY_URL: url, GATEWAY_API_KEY: KEY, NO_COLOR: "1" };
    expect((await check(["--verbose"], { tty: true, columns: 40, env })).out).not.toContain("\u001b");
  });

  it("prints one object of the documented form with --json [CLI-3] [CLI-5]", async () => {
    respond = says(200, health("degraded", ill));
    const { out, code } = await check(["--json"]);
    expect(out.split("\n")).toHaveLength(2);
    expect(healthReport.parse(JSON.parse(out))).toMatchObject({
      status: "degraded",
      exit_code: code,
      gateway: url,
      components: ill,
    });
  });
});

describe("--component", () => {
  it.each([
    [["policy"], 0, ["policy"]],
    [["OPA"], 0, ["policy"]],
    [["splunk"], 1, ["siem:splunk"]],
    [["siem"], 1, ["siem:splunk"]],
    [["upstream:files"], 2, ["upstream:files"]],
    [["opa", "upstream"], 2, ["policy", "upstream:files"]],
  ])("%j: ends with %i, whatever the others are [CLI-3]", async (names, code, shown) => {
    respond = says(200, health("degraded", ill));
    const said = await check([...names.flatMap((name) => ["--component", name]), "--json"]);
    expect(said.code).toBe(code);
    const { components } = healthReport.parse(JSON.parse(said.out));
    expect(components.map(({ name }) => name)).toEqual(shown);
  });

  it("says which there are when it knows none of that name [CLI-3] [CLI-5]", async () => {
    respond = says(200, health("degraded", ill));
    expect(await check(["--component", "postgres"])).toEqual({
      code: 3,
      out: "",
      err: 'health-check: The gateway has no component "postgres". It has: opa, upstream:files, siem:splunk.\n',
    });
  });
});

describe("a gateway that gives no response of its own", () => {
  const cut = (response: ServerResponse): void => {
    response.writeHead(200, { "content-length": "100" }).write("{");
    setImmediate(() => response.destroy());
  };
  it.each([
    ["fails", says(500, "<html>"), "responds with HTTP 500"],
    ["is away behind a proxy", says(503, { error: { message: "No backend." } }), "No backend."],
    ["closes the connection", (response: ServerResponse) => void response.destroy(), "closed the connection"],
    ["closes it within the response", cut, "No gateway responds at"],
  ])("is unhealthy when it %s: 2, as a result [CLI-3]", async (_what, how, message) => {
    respond = how;
    const said = await check(["--json"]);
    expect(said).toMatchObject({ code: 2, err: "" });
    expect(healthReport.parse(JSON.parse(said.out))).toMatchObject({ status: "down", components: [] });
    expect(said.out).toContain(message);
  });

  /** A server of its own: a request that was given up may arrive later than the next test begins. */
  async function listening(how: (response: ServerResponse) => void) {
    const other = createServer((_request, response) => how(response));
    await once(other.listen(0, "127.0.0.1"), "listening");
    const stop = (): void => {
      other.closeAllConnections();
      other.close();
    };
    return { stop, url: `http://127.0.0.1:${(other.address() as AddressInfo).port}` };
  }

  it.each([
    ["does not respond", () => undefined],
    ["stops within the response", (response: ServerResponse) => void response.write("{")],
  ])("is unhealthy when it %s [CLI-3]", async (_what, how) => {
    const slow = await listening(how);
    onTestFinished(slow.stop);
    expect(await check(["--url", slow.url, "--timeout", "50ms"])).toEqual({
      code: 2,
      out: `down: ${slow.url}, No gateway responds at ${slow.url} (not within 50ms).\n`,
      err: "",
    });
  });

  it("is unhealthy when nothing listens [CLI-3]", async () => {
    const closed = await listening(() => undefined);
    closed.stop();
    expect(await check(["--url", closed.url])).toEqual({
      code: 2,
      out: `down: ${closed.url}, No gateway responds at ${closed.url} (ECONNREFUSED).\n`,
      err: "",
    });
  });

  const endless = (response: ServerResponse): void => {
    const chunk = Buffer.alloc(1024 * 1024, " ");
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) {
        // Until its buffer is full.
      }
    };
    response.on("drain", more);
    more();
  };
  it.each([
    ["refuses the key", says(401, { error: { message: "Not this key." } }), "Not this key."],
    ["is none", says(404, "<html>"), "responds with HTTP 404"],
    ["says no JSON", says(200, "hello"), "does not understand"],
    ["says other JSON", says(200, { status: "splendid" }), "does not understand"],
    ["says what two readers read differently", says(200, '{"status":"ok","status":"down"}'), "does not"],
    ["sends it elsewhere", says(302, "", { location: "/other" }), "No gateway responds"],
    ["never ends its response", endless, "more than 64 MiB"],
  ])("is unknown when it %s: 3, and nothing on stdout [CLI-3] [CLI-5]", async (_what, how, message) => {
    respond = how;
    const said = await check(["--json", "--timeout", "60s"]);
    expect(said).toMatchObject({ code: 3, out: "", err: expect.stringContaining(message) as string });
    expect(said.err.trimEnd().split("\n")).toHaveLength(1);
    expect(asked).toHaveLength(1);
  });
});

describe("credentials", () => {
  it("are not required for the status alone [CLI-3]", async () => {
    respond = says(503, { status: "down" });
    const env = { GATEWAY_URL: url, SARK_DATA_DIRECTORY: folder };
    expect(await check([], { env })).toMatchObject({
      code: 2,
      out: `down: ${url}, without an API key a gateway tells its status alone\n`,
    });
    expect(asked).toEqual([{ url: "/health/ready", key: undefined }]);
    for (const args of [["--verbose"], ["--component", "opa"]]) {
      const said = await check(args, { env });
      expect(said).toMatchObject({ code: 3, out: "", err: expect.stringContaining("no API key") as string });
    }
  });

  it.each(["", "two words", "sark_a\nsark_b", "sark_\u0001", "sark_é"])(
    "that cannot be sent (%j) are not repeated [CLI-5]",
    async (text) => {
      const file = join(folder, "key");
      writeFileSync(file, text);
      const said = await check(["--key-file", file]);
      expect(said).toMatchObject({ code: 3, out: "", err: expect.stringContaining("no API key") as string });
      expect(said.err).not.toMatch(/two words|sark_[ab]/);
      expect(asked).toEqual([]);
    },
  );

  it.each(["http://alice:secret@127.0.0.1:1", "http://127.0.0.1:1/?key=secret", "127.0.0.1:1/secret"])(
    "in a URL (%s) are refused, and not repeated [CLI-5]",
    async (place) => {
      const said = await check(["--url", place]);
      expect(said).toMatchObject({ code: 3, out: "" });
      expect(said.err).toContain("should look like");
      expect(said.err).not.toContain("secret");
    },
  );
});

describe("--watch", () => {
  /** Two checks, then an interruption. */
  async function watched(args: readonly string[], options: Partial<Parameters<typeof runCaptured>[2]> = {}) {
    const controller = new AbortController();
    const responses = [says(200, health("degraded", ill)), says(200, health("ok"))];
    respond = (response) => {
      const next = responses.shift();
      if (next === undefined) {
        controller.abort();
      }
      next?.(response);
    };
    return check(["--watch", "--interval", "100ms", ...args], {
      interrupted: controller.signal,
      ...options,
    });
  }

  it("appends a line a check where it is no terminal, and ends with the code of the last [CLI-3]", async () => {
    const { code, out, err } = await watched([]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n")).toEqual([
      expect.stringMatching(
        /^\d{4}-\S+Z degraded: .*; upstream:files down \(connect ECONNREFUSED {2}\[2J\); siem:splunk degraded/,
      ),
      expect.stringMatching(/^\d{4}-\S+Z ok: /),
      "",
    ]);
  });

  it("repaints in place on a terminal, in lines that do not wrap [CLI-3] [CLI-5]", async () => {
    const { out } = await watched(["--verbose"], { tty: true, columns: 40, rows: 6 });
    const [before = "", after = ""] = out.split("\u001b[5A\r\u001b[J");
    expect(before).toContain("degraded");
    expect(before).toContain("… 5 more lines");
    expect(stripVTControlCharacters(after)).toMatch(/^\S+Z\nok: /);
    const plain = stripVTControlCharacters(out);
    expect(Math.max(...plain.split("\n").map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  it("prints one object a check with --json [CLI-3]", async () => {
    const { out } = await watched(["--json"], { tty: true });
    const reports = out
      .trimEnd()
      .split("\n")
      .map((line) => healthReport.parse(JSON.parse(line)));
    expect(reports.map(({ status }) => status)).toEqual(["degraded", "ok"]);
  });

  it("goes on when a check fails [CLI-3]", async () => {
    const controller = new AbortController();
    const responses = [says(401, { error: { message: "Not this key." } }), says(200, health("ok"))];
    respond = (response) => {
      const next = responses.shift();
      if (next === undefined) {
        controller.abort();
      }
      next?.(response);
    };
    const said = await check(["--watch", "--interval", "100ms"], { interrupted: controller.signal });
    expect(said.code).toBe(0);
    expect(said.out).toMatch(/Z unknown: Not this key\.\n\S+Z ok: /);
  });
});

describe("the command line", () => {
  it.each([
    [["--interval", "10s"], "--watch"],
    [["--watch", "--interval", "10"], 'such as "30s"'],
    [["--watch", "--interval", "0s"], "at least 100 ms"],
    [["--timeout", "0s"], "at least 1 ms"],
    [["--verbos"], "--verbose"],
    [["everything"], "everything"],
  ])("%j is wrong: 3, and no gateway is asked [CLI-3] [CLI-5]", async (args, message) => {
    const said = await check(args);
    expect(said).toMatchObject({ code: 3, out: "" });
    expect(said.err).toContain(message);
    expect(said.err).not.toMatch(/^\s+at /m);
    expect(asked).toEqual([]);
  });

  it("tells its exit codes and gives examples in --help [CLI-5]", async () => {
    const { out, code } = await check(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("  health-check --watch --interval 10s");
    expect(out).toMatch(/^EXIT CODES\n {2}0 {2}healthy$/m);
  });
});
