import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createAuditLog, type AuditLog } from "@sark/audit";
import {
  openCheckpoint,
  parseKeySet,
  verifyConsistency,
  verifyReceipt,
  type KeySet,
} from "@sark/audit/transparency-log";
import { startTokenIssuer } from "@sark/testkit";
import { auditCommand } from "../support/audit-command.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows } from "../support/observed.ts";
import { send, type RawResponse } from "../support/requests.ts";

// The command line is a process each time.
const ORIGIN = "sark.local/audit";
const issuer = await startTokenIssuer({ audience: "sark" });
const jwt = [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }];
let gateway: GatewayUnderTest;
/** Writes into the gateway's log from beside it, as another replica does. */
let beside: AuditLog;
let keys: KeySet;

beforeAll(async () => {
  gateway = await startGatewayUnderTest({
    upstreams: [],
    config: { authentication: { jwt }, audit: { checkpointInterval: "100ms" } },
  });
  keys = parseKeySet(readFileSync(keyFile(), "utf8"));
  beside = createAuditLog({ connectionString: gateway.databaseUrl });
  await record(600);
  await signed(600);
});
afterAll(async () => {
  await beside.close();
  await gateway.close();
  await issuer.close();
});

const keyFile = (): string => join(gateway.dataDirectory, "audit-log.vkey");

/** Resolves to their numbers. */
async function record(count: number, metadata: Record<string, unknown> = {}): Promise<number[]> {
  const one = (index: number) =>
    beside.record({
      event_type: "tool_invoke",
      user_id: `user-${index % 3}`,
      decision: "allow",
      reason: "",
      timestamp: Date.now() / 1_000,
      gateway_request_id: "beside",
      metadata,
    });
  const recorded = await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
  return recorded.map(({ seq }) => Number(seq));
}

async function get(path: string, role = "auditor", from = gateway): Promise<RawResponse> {
  const token = await issuer.issue({ sub: "olga", roles: [role] });
  const headers = { authorization: `Bearer ${token}` };
  return send(from.url, { method: "GET", path: `/api/v1/audit/${path}`, headers });
}

/** Waits until so many events are signed; resolves to the checkpoint. */
async function signed(events: number) {
  return vi.waitFor(
    async () => {
      const checkpoint = openCheckpoint((await get("checkpoint")).text, keys, ORIGIN);
      expect(checkpoint.size).toBeGreaterThanOrEqual(events);
      return checkpoint;
    },
    { timeout: 20_000 },
  );
}

async function bytes(path: string): Promise<Buffer> {
  const token = await issuer.issue({ sub: "olga", roles: ["auditor"] });
  const response = await fetch(`${gateway.url}/api/v1/audit/${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  return Buffer.from(await response.arrayBuffer());
}

describe("the verifiable export", () => {
  it("verifies by the auditors' command line, whole and in parts, and not when it was altered [AUD-7] [AUD-6]", async () => {
    const file = join(gateway.dataDirectory, "export.jsonl");
    const verify = (...args: string[]) =>
      auditCommand(["verify", "--export", file, "--key", keyFile(), ...args]);
    const whole = await get("export?format=verifiable");
    expect(whole.headers).toMatchObject({
      "content-type": "application/jsonl; charset=utf-8",
      "content-disposition": 'attachment; filename="audit-verifiable.jsonl"',
    });
    writeFileSync(file, whole.text);
    expect(await verify("--complete")).toMatchObject({ code: 0, report: { ok: true, skipped: 0 } });

    writeFileSync(file, whole.text.replace('"user_id":"user-1"', '"user_id":"user-2"'));
    expect(await verify()).toMatchObject({
      code: 1,
      report: { findings: [expect.objectContaining({ kind: "altered" })] },
    });

    writeFileSync(file, (await get("export?format=verifiable&user_id=user-1")).text);
    expect(await verify()).toMatchObject({ code: 0, report: { ok: true, events: 200 } });
    expect((await verify("--complete")).code).toBe(1);

    writeFileSync(file, (await get("export?format=verifiable&from_seq=10&to_seq=30")).text);
    expect(await verify()).toMatchObject({ code: 0, report: { ok: true, events: 20 } });

    writeFileSync(file, whole.text.slice(0, -100));
    expect(await verify()).toMatchObject({ code: 1, report: { findings: [{ kind: "malformed" }] } });
  });

  it("is for auditors, and on record [AUD-6]", async () => {
    expect((await get("export?format=verifiable", "developer")).status).toBe(403);
    const { headers } = await get("export?format=verifiable&to_seq=3");
    const request = String(headers["x-correlation-id"]);
    expect(await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request)).toMatchObject([
      {
        event_type: "audit_read",
        user_id: "olga",
        metadata: { operation: "export", asked: { format: "verifiable", to_seq: "3" } },
      },
    ]);
  });

  it.each([
    ["export?from_seq=3", "from_seq"],
    ["export?format=csv&to_seq=3", "to_seq"],
    ["export?format=verifiable&from_seq=-1", "from_seq"],
    ["export?format=verifiable&from_seq=07", "from_seq"],
    ["export?format=verifiable&to_seq=9007199254740993", "to_seq"],
    ["export?format=verifiable&from_seq=3&to_seq=2", "to_seq"],
    ["consistency", "from"],
    ["consistency?from=0", "from"],
    ["consistency?from=5&to=4", "to"],
    ["consistency?from=5&to=1e3", "to"],
  ])("%s is refused with 400, naming %s [AUD-6]", async (path, field) => {
    expect(await get(path)).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_request", field } },
    });
  });
});

describe("consistency", () => {
  it("of two checkpoints is proven, and not of sizes that were never signed [AUD-7]", async () => {
    const old = await signed(1);
    await record(10);
    await signed(old.size + 10);
    const response = await get(`consistency?from=${old.size}`);
    const { to, consistency, checkpoint } = response.json as {
      to: number;
      consistency: string[];
      checkpoint: string;
    };
    const newest = openCheckpoint(checkpoint, keys, ORIGIN);
    expect(newest.size).toBe(to);
    const hashes = consistency.map((hash) => Buffer.from(hash, "base64"));
    expect(verifyConsistency(old.size, to, old.root, newest.root, hashes)).toBe(true);
    expect(verifyConsistency(old.size - 1, to, old.root, newest.root, hashes)).toBe(false);

    const { json } = (await get(`consistency?from=100&to=${old.size}`)) as { json: { checkpoint: string } };
    expect(json).toMatchObject({ from: 100, to: old.size });
    expect(openCheckpoint(json.checkpoint, keys, ORIGIN).root).toEqual(old.root);
    expect(await get(`consistency?from=${to + 100_000}`)).toMatchObject({
      status: 409,
      json: { error: { code: "not_yet_logged" } },
    });
    expect((await get("consistency?from=1", "developer")).status).toBe(403);
    const request = String(response.headers["x-correlation-id"]);
    expect(await auditRows(gateway.databaseUrl, "gateway_request_id = $1", request)).toEqual([]);
  });
});

describe("entry bundles", () => {
  it("hold the events that the tiles have hashes of, and leave a record [AUD-7]", async () => {
    const bundle = await bytes("tile/entries/001");
    const entries: Buffer[] = [];
    for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at)) {
      entries.push(bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at)));
    }
    const rows = await auditRows(gateway.databaseUrl, "seq BETWEEN 256 AND 511");
    expect(entries.map((entry) => (JSON.parse(entry.toString()) as { id: string }).id)).toEqual(
      rows.map(({ id }) => id),
    );
    expect((await bytes("tile/entries/000.p/7")).length).toBeLessThan(bundle.length / 10);
    expect((await get("tile/entries/900")).status).toBe(404);
    const refused = await get("tile/entries/000", "developer");
    expect(refused.status).toBe(403);
    const reads = await auditRows(gateway.databaseUrl, "metadata ->> 'operation' = 'entries'");
    expect(reads.map(({ metadata }) => metadata["asked"])).toContainEqual({ tile: "entries/001" });
  });

  it("hold whatever a caller has recorded, however large it was meant to be [AUD-7]", async () => {
    const [seq = 0] = await record(1, { text: "x".repeat(70_000) });
    const { size } = await signed(seq + 1);
    const index = Math.floor(seq / 256);
    const width = Math.min(256, size - index * 256);
    const path = `tile/entries/${String(index).padStart(3, "0")}${width === 256 ? "" : `.p/${width}`}`;
    const bundle = await bytes(path);
    let at = 0;
    for (let passed = index * 256; passed < seq; passed += 1) {
      at += 2 + bundle.readUInt16BE(at);
    }
    const entry = bundle.toString("utf8", at + 2, at + 2 + bundle.readUInt16BE(at));
    expect(JSON.parse(entry)).toMatchObject({
      metadata: {
        text: expect.stringMatching(
          /^x{1000}… \(cut from 70000 characters, SHA-256 [0-9a-f]{64}\)$/,
        ) as string,
      },
    });
  });
});

it("a gateway that does not sign makes no keys and no log, says so, and serves what others sign [AUD-7]", async () => {
  const reading = await startGatewayUnderTest({
    upstreams: [],
    config: { authentication: { jwt }, audit: { signing: false } },
  });
  try {
    const { json } = (await get("events?limit=1", "auditor", reading)) as {
      json: { events: [{ event: { id: string } }] };
    };
    const { id } = json.events[0].event;
    for (const path of [
      "checkpoint",
      `proof/${id}`,
      `receipt/${id}`,
      "consistency?from=1",
      "export?format=verifiable",
    ]) {
      expect(await get(path, "auditor", reading)).toMatchObject({
        status: 404,
        json: { error: { code: "not_signed", message: expect.stringContaining("audit.signing") } },
      });
    }
    expect((await get("tile/0/000", "auditor", reading)).status).toBe(404);
    expect(readdirSync(reading.dataDirectory).filter((file) => file.startsWith("audit-log"))).toEqual([]);

    const signing = await startGatewayUnderTest({
      upstreams: [],
      config: { database: { url: reading.databaseUrl }, audit: { checkpointInterval: "100ms" } },
    });
    try {
      const trusted = parseKeySet(readFileSync(join(signing.dataDirectory, "audit-log.vkey"), "utf8"));
      const { text } = await vi.waitFor(
        async () => {
          const response = await get(`receipt/${id}`, "auditor", reading);
          expect(response.status).toBe(200);
          return response;
        },
        { timeout: 20_000 },
      );
      expect(() => verifyReceipt(text, trusted, { origin: ORIGIN })).not.toThrow();
      expect((await get("checkpoint", "auditor", reading)).status).toBe(200);
    } finally {
      await signing.close();
    }
  } finally {
    await reading.close();
  }
});
