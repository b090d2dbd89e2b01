import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runCaptured, type Said } from "../testing/run-captured.ts";
import { gatewayAdminTool } from "./tool.ts";

const KEY = "sark_planted-key";
/** What the gateway responds with next, and what it was asked for. How it really responds is tested in `tests/`. */
let next: { status: number; body: unknown; headers?: Record<string, string> };
let asked: { method: string | undefined; url: string | undefined; key: unknown }[];
const server = createServer((request: IncomingMessage, response) => {
  asked.push({ method: request.method, url: request.url, key: request.headers["x-api-key"] });
  const { status, body, headers } = next;
  response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
});
let url: string;
let folder: string;
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), "sark-gateway-admin-"));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
});

const admin = (
  args: readonly string[],
  options: { readonly tty?: boolean; readonly env?: Record<string, string> } = {},
): Promise<Said> =>
  runCaptured(gatewayAdminTool, args, { env: { GATEWAY_URL: url, GATEWAY_API_KEY: KEY }, ...options });

const splunk = {
  name: "splunk",
  source: "audit_log",
  platform: "splunk_hec",
  enabled: true,
  configured: true,
  state: "running",
  state_reason: null as string | null,
  state_since: "2026-07-28T09:00:00.000Z",
  leader: "gateway-1",
  last_acknowledged_at: "2026-07-28T09:00:00.000Z",
  last_sent_at: "2026-07-28T09:00:00.000Z",
  first_seq: 0,
  next_seq: 1_195,
  checkpoint_size: null,
  next_attempt_at: null as string | null,
  paused: null,
  written: 1_200,
  acknowledged: 1_190,
  sent: 0,
  quarantined: 3,
  skipped: { discarded: 2, purged: 0 },
  behind: { events: 5, seconds: 130 },
  awaiting: { events: 0, since: null as string | null },
  balanced: true,
};
const faulty = { ...splunk, state: "configuration", state_reason: "status 403: \u001b[2JInvalid token" };

describe("siem status", () => {
  it("shows figures in a table, the same as one object with --json [CLI-5] [SIEM-6]", async () => {
    next = { status: 200, body: { balanced: true, destinations: [splunk] } };
    const said = await admin(["siem", "status"]);
    expect(said).toMatchObject({ code: 0, err: "" });
    expect(said.out).toBe(
      `NAME    PLATFORM    STATE    WRITTEN  ACKNOWLEDGED  SENT  QUARANTINED  SKIPPED  BEHIND    AGE  BALANCED
splunk  splunk_hec  running    1,200         1,190     0            3        2       5  2 min  yes
`,
    );
    expect(JSON.parse((await admin(["siem", "status", "--json"])).out)).toEqual({
      ok: true,
      destinations: [splunk],
    });
    expect(asked[0]).toEqual({ method: "GET", url: "/api/v1/siem/destinations", key: KEY });
  });

  it.each([
    ["a fault of configuration", faulty, 1],
    ["figures that do not add up", { ...splunk, balanced: false }, 1],
    ["figures that do not add up where it is not enabled", { ...splunk, enabled: false, balanced: false }, 1],
    ["what is left of a fault where it is not enabled any more", { ...faulty, enabled: false }, 0],
    ["what is left of a fault where it is not configured any more", { ...faulty, configured: false }, 0],
    ["an outage of minutes", { ...splunk, state: "open", state_reason: "no response" }, 0],
    ["an outage of hours", { ...splunk, state: "open", behind: { events: 5, seconds: 901 } }, 1],
    ["what is late without a failure", { ...splunk, behind: { events: 5, seconds: 901 } }, 1],
    [
      "what is late where it is not enabled",
      { ...splunk, enabled: false, behind: { events: 5, seconds: 901 } },
      0,
    ],
    [
      "a pause, however long",
      { ...splunk, paused: { since: "2026-01-01", reason: "x" }, behind: { events: 5, seconds: 90_000 } },
      0,
    ],
  ])("ends for %s with %#: its code [CLI-5] [SIEM-6]", async (_what, destination, code) => {
    next = { status: 200, body: { balanced: true, destinations: [splunk, destination] } };
    expect((await admin(["siem", "status"])).code).toBe(code);
  });

  it("takes the age that is too old, and names what is late, its next attempt and what awaits [SIEM-6]", async () => {
    const late = {
      ...splunk,
      state: "open",
      state_reason: "nothing listens",
      next_attempt_at: "2026-01-01T00:01:00.000Z",
      behind: { events: 900, seconds: 3_700 },
      awaiting: { events: 1_200, since: "2026-01-01T00:00:00.000Z" },
    };
    next = { status: 200, body: late };
    expect((await admin(["siem", "status", "splunk", "--max-age", "2h"])).code).toBe(0);
    const { code, out } = await admin(["siem", "status", "splunk", "--max-age", "1h"]);
    expect(code).toBe(1);
    expect(out.split("\n").slice(2)).toEqual([
      "splunk: its oldest event has been waiting for 62 min",
      "splunk: nothing listens",
      "splunk: next attempt at 2026-01-01T00:01:00.000Z, sooner if the receiver is seen to be back",
      "splunk: 1,200 events await acknowledgement, the oldest since 2026-01-01T00:00:00.000Z",
      "",
    ]);
    expect((await admin(["siem", "status", "--max-age", "soon"])).code).toBe(2);
  });

  it("explains figures that do not add up [SIEM-5]", async () => {
    next = { status: 200, body: { ...splunk, acknowledged: 1_188, balanced: false } };
    const missing = (await admin(["siem", "status", "splunk"])).out;
    expect(missing).toContain("splunk: the figures do not add up: 2 of 1,200 events are in no column.");
    expect(missing).toContain("audit verify");
    next = { status: 200, body: { ...splunk, acknowledged: 1_193, balanced: false } };
    expect((await admin(["siem", "status", "splunk"])).out).toContain(
      "3 events are counted more often than they were written",
    );
  });

  it("says why something stands still, and lets no text steer the terminal [CLI-5]", async () => {
    next = { status: 200, body: faulty };
    const { out } = await admin(["siem", "status", "splunk"]);
    expect(out).toContain("\nsplunk: status 403:  [2JInvalid token\n");
    expect(asked[0]?.url).toBe("/api/v1/siem/destinations/splunk");
  });

  it("colours a terminal only, and none with NO_COLOR [CLI-5]", async () => {
    next = { status: 200, body: { balanced: true, destinations: [faulty] } };
    const env = { GATEWAY_URL: url, GATEWAY_API_KEY: KEY };
    expect((await admin(["siem", "status"])).out).not.toContain("\u001b");
    expect((await admin(["siem", "status"], { tty: true })).out).toContain("\u001b[31mconfiguration");
    expect(
      (await admin(["siem", "status"], { tty: true, env: { ...env, NO_COLOR: "1" } })).out,
    ).not.toContain("\u001b");
  });
});

describe("what cannot be done", () => {
  it.each([
    ["refused", 401, { error: { message: "Not this key." } }, 3, "gateway-admin: Not this key.\n"],
    ["not found", 404, { error: { message: "No such thing." } }, 2, "gateway-admin: No such thing.\n"],
    ["held", 409, { error: { message: "It is paused." } }, 3, "gateway-admin: It is paused.\n"],
    ["failing", 500, "<html>", 3, "responds with HTTP 500.\n"],
    ["something else", 200, { hello: 1 }, 3, "responds with what this tool does not understand.\n"],
    ["no JSON", 200, "hello", 3, "responds with what this tool does not understand.\n"],
  ])("says so in a line when the gateway is %s [CLI-5]", async (_what, status, body, code, line) => {
    next = { status, body };
    const said = await admin(["siem", "flush", "splunk"]);
    expect(said).toMatchObject({ code, out: "", err: expect.stringContaining(line) as string });
    expect(said.err.trimEnd().split("\n")).toHaveLength(1);
    expect(said.err).not.toContain(KEY);
  });

  it("does not follow a gateway that sends it elsewhere with the key", async () => {
    next = { status: 302, body: "", headers: { location: `${url}/elsewhere` } };
    expect(await admin(["siem", "status"])).toMatchObject({ code: 3, out: "" });
    expect(asked).toHaveLength(1);
  });

  it.each([
    [["siem", "status", "--url", "gateway:8000"], "should look like http://127.0.0.1:8000"],
    [["siem", "pause", "splunk"], "--reason"],
    [["siem", "replay", "splunk"], "Say either --seq N or --all."],
    [["siem", "replay", "splunk", "--seq", "1", "--all"], "Say either --seq N or --all."],
    [["siem", "flush", "splunk", "--wait", "10"], 'such as "30s"'],
    [["siem", "flush", "splunk", "--wait", "5m"], "at most a minute"],
    [["siem", "quarantine", "splunk", "--limit", "0"], "from 1 on"],
    [["siem", "explode"], "explode"],
  ])("%j is a wrong command line: 2, and no gateway is asked [CLI-5]", async (args, message) => {
    const said = await admin(args);
    expect(said).toMatchObject({ code: 2, out: "" });
    expect(said.err).toContain(message);
    expect(said.err).not.toMatch(/^\s+at /m);
    expect(asked).toEqual([]);
  });
});

describe("siem flush without a name", () => {
  const behind = { ...splunk, name: "other", state: "paused" };
  const flushed = (settled: boolean) => ({
    settled,
    destinations: [
      { settled: true, destination: splunk },
      { settled, destination: behind },
    ],
  });

  it("says of each destination whether it has everything, and ends with 1 if one has not [CLI-5] [SIEM-1]", async () => {
    next = { status: 200, body: flushed(true) };
    expect(await admin(["siem", "flush"])).toMatchObject({ code: 0, err: "" });
    next = { status: 202, body: flushed(false) };
    const said = await admin(["siem", "flush"]);
    expect(said.code).toBe(1);
    expect(said.out).toBe(
      `splunk has everything that was recorded until now, but for 3 in its quarantine.
other (paused) is 5 behind; that goes out as soon as it takes events.
`,
    );
    expect(JSON.parse((await admin(["siem", "flush", "--json"])).out)).toEqual(flushed(false));
    expect(asked[0]).toEqual({ method: "POST", url: "/api/v1/siem/destinations/flush", key: KEY });
  });

  it("says so where there is no destination [CLI-5]", async () => {
    next = { status: 200, body: { settled: true, destinations: [] } };
    expect(await admin(["siem", "flush"])).toMatchObject({ code: 0, out: "No destinations.\n" });
  });
});

it("asks for refused log lines by the name that health has for them [CLI-5] [LOG-3]", async () => {
  const line = { seq: 7, event_id: "application:7", reason: "odd", attempts: 1, event: "no JSON" };
  const times = { quarantined_at: "2026-01-01T00:00:00Z", replay_requested_at: null };
  next = { status: 200, body: { events: [{ ...line, ...times }], next_cursor: null } };
  const said = await admin(["siem", "quarantine", "logs/application"]);
  expect(said).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^ +7 +application:7 .*odd$/m) as string,
  });
  next = { status: 202, body: { replaying: 1, destination: splunk } };
  expect(await admin(["siem", "replay", "logs/application", "--all"])).toMatchObject({ code: 0, err: "" });
  expect(asked.map(({ url }) => url)).toEqual([
    "/api/v1/siem/destinations/logs%2Fapplication/quarantine?limit=100",
    "/api/v1/siem/destinations/logs%2Fapplication/quarantine/replay",
  ]);
});

describe("whom it asks, with which key", () => {
  it("takes the key from a file, over the variable [CLI-5]", async () => {
    const file = join(folder, "key");
    writeFileSync(file, "sark_from-a-file\n");
    next = { status: 200, body: { balanced: true, destinations: [] } };
    expect(await admin(["siem", "status", "--key-file", file])).toMatchObject({
      code: 0,
      out: "No destinations.\n",
    });
    expect(asked[0]?.key).toBe("sark_from-a-file");
  });

  it("says which key is missing, and how to give it [CLI-5]", async () => {
    const said = await admin(["siem", "status", "--key-file", join(folder, "none")]);
    expect(said).toMatchObject({ code: 2, err: expect.stringContaining("GATEWAY_API_KEY") as string });
  });

  it("sends the key of this machine's gateway to no other machine [CLI-5]", async () => {
    writeFileSync(join(folder, "admin.key"), KEY);
    const env = { GATEWAY_URL: "http://gateway.example", SARK_DATA_DIRECTORY: folder };
    expect(await admin(["siem", "status"], { env })).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("is for a gateway on this machine alone: say --key-file") as string,
    });
    next = { status: 200, body: { balanced: true, destinations: [] } };
    const local = { GATEWAY_URL: url, SARK_DATA_DIRECTORY: folder };
    expect(await admin(["siem", "status"], { env: local })).toMatchObject({ code: 0 });
    expect(asked[0]?.key).toBe(KEY);
  });

  it("says which gateway does not respond [CLI-5]", async () => {
    const env = { GATEWAY_URL: "http://127.0.0.1:1", GATEWAY_API_KEY: KEY };
    expect(await admin(["siem", "status"], { env })).toMatchObject({
      code: 3,
      err: expect.stringContaining("No gateway responds at http://127.0.0.1:1") as string,
    });
  });

  it("tells its exit codes and gives examples in --help [CLI-5]", async () => {
    for (const command of [
      "status",
      "pause",
      "resume",
      "flush",
      "quarantine",
      "replay",
      "discard",
      "remove",
    ]) {
      const { out, code } = await admin(["siem", command, "--help"]);
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^ {2}gateway-admin siem ${command}`, "m"));
      expect(out).toMatch(/^EXIT CODES\n {2}0 {2}/m);
    }
  });
});
