import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { adminCommand, runCommand } from "../support/admin-command.ts";
import { QUICK, SECRETS, startReceivers, type Receivers } from "../support/destinations.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { recordEvent, send } from "../support/requests.ts";

const POISON = "poison-pill";
let receivers: Receivers;
let gateway: GatewayUnderTest;
let folder: string;
let keyFile: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sark-admin-"));
  keyFile = join(folder, "datadog-key");
  writeFileSync(keyFile, "planted-wrong-key");
  receivers = await startReceivers();
  gateway = await startGatewayUnderTest({
    upstreams: [],
    config: {
      quotas: {
        prices: [{ server: "web", tool: "search", perCall: "0.005" }],
        budgets: [{ for: "user", daily: "5", monthly: "50" }],
      },
      rateLimits: {
        rules: [
          { for: "user", tenant: "bulk", requests: 1_000 },
          { for: "user", requests: 4, period: "1h" },
        ],
      },
      destinations: [
        { name: "splunk", sink: receivers.sinks.splunk, ...QUICK, maxBatchWait: "1h" },
        { name: "datadog", sink: { ...receivers.sinks.datadog, apiKey: `\${file:${keyFile}}` }, ...QUICK },
      ],
    },
    environment: SECRETS,
  });
});
afterAll(async () => {
  await gateway.close();
  await receivers.close();
  rmSync(folder, { recursive: true });
});

const admin = (...args: string[]) => adminCommand(gateway, ...args);

/** The same as people run it, which takes several times as long. */
const adminByNpm = (...args: string[]) =>
  runCommand(gateway, "npm", "run", "--silent", "gateway-admin", "--", ...args);

/** What the API says meanwhile: to ask it costs far less than the command. */
const ask = (path: string) =>
  send(gateway.url, {
    method: "GET",
    path: `/api/v1/siem/destinations${path}`,
    headers: { "x-api-key": gateway.apiKey },
  });
const stateOf = async (name: string) => ((await ask(`/${name}`)).json as { state: string }).state;

const record = (reason: string): Promise<void> => recordEvent(gateway, reason);

describe("gateway-admin siem, against a running gateway", () => {
  it("status ends with 1 while a configuration is wrong, resume has the mended one tried [SIEM-5] [SIEM-6] [CLI-5]", async () => {
    await record("hello");
    await vi.waitFor(async () => expect(await stateOf("datadog")).toBe("configuration"));
    const faulty = await admin("siem", "status");
    expect(faulty.code).toBe(1);
    expect(faulty.out).toMatch(/^datadog +datadog +configuration/m);
    expect(faulty.out).toMatch(/^datadog: status 403/m);
    writeFileSync(keyFile, SECRETS.DATADOG_KEY);
    expect(await adminByNpm("siem", "resume", "datadog")).toMatchObject({ code: 0, err: "" });
    await vi.waitFor(async () => expect(await stateOf("datadog")).toBe("running"));
    const { code, out } = await admin("siem", "status", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, destinations: [{ state: "running" }, {}] });
  });

  it("pauses, with the reason on record, and resumes [SIEM-1] [SIEM-5]", async () => {
    expect(await admin("siem", "pause", "datadog", "--reason", "index is rebuilt")).toMatchObject({
      code: 0,
      out: expect.stringContaining("datadog is paused") as string,
    });
    await vi.waitFor(async () => expect(await stateOf("datadog")).toBe("paused"));
    const { code, out } = await admin("siem", "status", "datadog");
    expect(code).toBe(0);
    expect(out).toMatch(/^datadog +datadog +paused/m);
    expect(out).toContain("index is rebuilt");
    expect(await admin("siem", "flush", "datadog")).toMatchObject({
      code: 3,
      err: 'gateway-admin: The destination "datadog" is paused: nothing is sent to it.\n',
    });
    expect(await admin("siem", "resume", "datadog")).toMatchObject({ code: 0 });
    const acts = await auditRows(gateway.databaseUrl, "event_type = 'siem_control' AND decision = 'allow'");
    expect(acts.map(({ metadata }) => metadata["operation"])).toEqual(
      expect.arrayContaining(["pause", "flush", "resume"]),
    );
  });

  it("flushes what would wait for an hour [SIEM-1]", async () => {
    await record("waits for its batch");
    expect(receivers.splunk.indexed()).toEqual([]);
    expect(await admin("siem", "flush", "splunk", "--wait", "30s")).toMatchObject({
      code: 0,
      out: "splunk has everything that was recorded until now.\n",
    });
    expect(JSON.stringify(receivers.splunk.indexed())).toContain("waits for its batch");
  });

  it("lists a quarantine, and replays, discards it [SIEM-5]", async () => {
    receivers.splunk.poison(POISON);
    for (let at = 0; at < 3; at += 1) {
      await record(`${POISON} ${at}`);
    }
    expect(await admin("siem", "flush", "splunk", "--wait", "30s")).toMatchObject({
      code: 0,
      out: "splunk has everything that was recorded until now, but for 3 in its quarantine.\n",
    });
    const listed = await admin("siem", "quarantine", "splunk");
    expect(listed.code).toBe(0);
    expect(listed.out.match(/status 400/g)).toHaveLength(3);
    const lines = (await admin("siem", "quarantine", "splunk", "--json")).out.trimEnd().split("\n");
    const seqs = lines.map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(seqs).toHaveLength(3);
    expect(await admin("siem", "replay", "splunk", "--seq", "999999999")).toMatchObject({ code: 2 });

    receivers.splunk.poison(null);
    expect(
      await admin("siem", "discard", "--yes", "splunk", "--seq", String(seqs[0]), "--reason", "a test"),
    ).toMatchObject({ code: 0, out: expect.stringMatching(/^1 event is given up/) as string });
    expect(await admin("siem", "replay", "splunk", "--all")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^2 events are marked to be sent again/) as string,
    });
    await vi.waitFor(async () => {
      const { json } = await ask("/splunk/quarantine");
      expect(json).toMatchObject({ events: [] });
    });
    expect(await admin("siem", "quarantine", "splunk")).toMatchObject({
      code: 0,
      out: "Nothing is in the quarantine of splunk.\n",
    });
    const arrived = receivers.splunk.indexed().map(({ fields }) => Number(fields["seq"]));
    expect(arrived.filter((seq) => seqs.includes(seq))).toEqual(seqs.slice(1));
  });

  it("shows a destination that no configuration names any more, and removes it [SIEM-5] [AUD-3]", async () => {
    const client = new pg.Client({ connectionString: gateway.databaseUrl });
    await client.connect();
    await client.query("INSERT INTO audit_destinations (name, cursor_seq, start_seq) VALUES ('old', 0, 0)");
    await client.end();
    const { code, out } = await admin("siem", "status", "old");
    expect(code).toBe(0);
    expect(out).toMatch(/^old +not configured/m);
    expect(out).toContain("old: retention waits for it; `gateway-admin siem remove` ends that\n");
    expect(await admin("siem", "remove", "--yes", "old")).toMatchObject({
      code: 0,
      out: "old is forgotten; retention does not wait for it any more.\n",
    });
    expect((await admin("siem", "status")).out).not.toContain("old");
  });

  it("does not remove what is configured; unknown destinations and keys are told apart [CLI-5]", async () => {
    expect((await admin("siem", "remove", "--yes", "splunk")).code).toBe(3);
    expect(await admin("siem", "status", "unknown")).toMatchObject({
      code: 2,
      err: 'gateway-admin: There is no destination "unknown".\n',
    });
    const wrong = join(folder, "wrong-key");
    writeFileSync(wrong, "sark_wrong");
    expect((await admin("siem", "status", "--key-file", wrong)).code).toBe(3);
  });
});

describe("gateway-admin api-keys, on the file of a running gateway", () => {
  it("issues a key that is accepted, and revokes it [CLI-1]", async () => {
    const file = ["--file", join(gateway.dataDirectory, "api-keys.json")];
    const issued = await admin(
      "api-keys",
      "issue",
      "--id",
      "scraper",
      "--principal",
      "p",
      "--role",
      "metrics",
      ...file,
    );
    expect(issued.code).toBe(0);
    const status = async () => {
      const headers = { "x-api-key": issued.out.trim() };
      return (await send(gateway.url, { method: "GET", path: "/metrics", headers })).status;
    };
    await vi.waitFor(async () => expect(await status()).toBe(200), { timeout: 30_000 });
    expect((await admin("api-keys", "list", ...file)).out).toMatch(/^scraper +user p +metrics/m);
    expect(await admin("api-keys", "revoke", "--yes", "scraper", ...file)).toMatchObject({ code: 0 });
    await vi.waitFor(async () => expect(await status()).toBe(401), { timeout: 30_000 });
    expect(await admin("api-keys", "revoke", "--yes", "scraper", ...file)).toMatchObject({ code: 2 });
  });
});

describe("gateway-admin rate-limits, against a running gateway", () => {
  const authorize = () =>
    send(gateway.url, {
      path: "/api/v1/gateway/authorize",
      headers: { "x-api-key": gateway.apiKey },
      body: { action: "gateway:server:list", parameters: {} },
    });

  it("shows the rules and how a user stands, and resets it, with the reason on record [CLI-1] [CLI-5] [GTW-3]", async () => {
    const statuses = [];
    for (let at = 0; at < 5; at += 1) {
      statuses.push((await authorize()).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
    const rules = await admin("rate-limits", "show");
    expect(rules).toMatchObject({ code: 0, err: "" });
    expect(rules.out).toMatch(/^user +\(any other\) +4 +60 min +4 *$/m);
    expect(rules.out).toMatch(/^user +\(any other\) +bulk +1,000 /m);
    expect((await admin("rate-limits", "show", "--user", "ADMIN")).out).toMatch(
      /^user ADMIN: 0 of 4 calls left; one more in \d+ min \(4 in 60 min, counted by this replica alone\)\.$/m,
    );
    const reset = await admin(
      "rate-limits",
      "reset",
      "--yes",
      "--user",
      "admin",
      "--reason",
      "so that it goes on",
    );
    expect(reset).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^user admin: 4 of 4 calls/) as string,
    });
    expect((await authorize()).status).toBe(200);
    const shown = await admin("rate-limits", "show", "--user", "admin", "--json");
    expect(JSON.parse(shown.out)).toMatchObject({ limit: { remaining: 3 } });
    const resets = "event_type = 'limit_control' AND metadata->>'operation' = 'rate_limit_reset'";
    expect(await auditRows(gateway.databaseUrl, resets)).toMatchObject([
      { metadata: { asked: { user: "admin", reason: "so that it goes on" } } },
    ]);
    expect((await admin("rate-limits", "show", "--server", "tools")).out).toBe("No rule limits it.\n");
    expect(await admin("rate-limits", "reset", "--yes")).toMatchObject({ code: 2, out: "" });
    expect(await admin("rate-limits", "reset", "--yes", "--tool", "echo")).toMatchObject({
      code: 2,
      out: "",
    });
    expect(await admin("rate-limits", "reset", "--yes", "--server", "tools")).toMatchObject({
      code: 2,
      err: 'gateway-admin: No rule limits the server "tools".\n',
    });
  });
});

describe("gateway-admin quotas, against a running gateway", () => {
  it("shows prices and budgets and how a user stands, and adjusts and resets that [CLI-5] [GTW-4]", async () => {
    const all = await admin("quotas", "show");
    expect(all).toMatchObject({ code: 0, err: "" });
    expect(all.out).toMatch(/^web +search +0\.005 *$/m);
    expect(all.out).toMatch(/^user +\(any other\) +5 +50 +hard *$/m);
    const adjusted = await admin(
      "quotas",
      "adjust",
      "--yes",
      "--user",
      "zoe",
      "--period",
      "day",
      "--by=1.25",
    );
    expect(adjusted.out).toMatch(
      /^user zoe: 1\.25 of 5 USD used this day, 3\.75 left \(hard, until \d{4}-.*Z\)\.$/m,
    );
    expect(adjusted.out).toMatch(/^user zoe: 0 of 50 USD used this month, 50 left/m);
    expect((await admin("quotas", "show", "--user", "zoe")).out).toBe(adjusted.out);
    expect((await admin("quotas", "reset", "--yes", "--user", "zoe", "--reason", "a test")).out).toMatch(
      /^user zoe: 0 of 5 USD used this day, 5 left/m,
    );
    const shown = await admin("quotas", "show", "--user", "zoe", "--json");
    expect(JSON.parse(shown.out)).toMatchObject({ currency: "USD", budgets: [{ used: "0" }, { used: "0" }] });
    expect((await admin("quotas", "show", "--tenant", "acme")).out).toBe("It has no budget.\n");
    expect(await admin("quotas", "reset", "--yes")).toMatchObject({ code: 2, out: "" });
    expect(await admin("quotas", "reset", "--yes", "--tenant", "acme")).toMatchObject({
      code: 2,
      err: 'gateway-admin: The tenant "acme" has no budget.\n',
    });
    expect(await admin("quotas", "adjust", "--yes", "--user", "zoe", "--by", "much")).toMatchObject({
      code: 2,
      out: "",
    });
  });
});
