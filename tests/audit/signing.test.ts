import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { loadOrCreateSigner } from "@sark/audit/log-builder";
import { createKeySet, openCheckpoint, parseKeySet } from "@sark/audit/transparency-log";
import {
  createAuditDatabase,
  createCosigner,
  namedKey,
  startOpensslAuthority,
  startWitness,
} from "@sark/audit/testing";
import { requireServer } from "@sark/testkit";
import { auditCommand } from "../support/audit-command.ts";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { auditRows, metric } from "../support/observed.ts";
import { send } from "../support/requests.ts";

// The command line is a process each time.
const ORIGIN = "audit.example/sark";
const every = { fromSize: 0, untilSize: Number.MAX_SAFE_INTEGER };
const folder = mkdtempSync(join(tmpdir(), "sark-signing-"));
let database: Awaited<ReturnType<typeof createAuditDatabase>>;
const running: GatewayUnderTest[] = [];

beforeAll(async () => {
  database = await createAuditDatabase();
});
afterEach(async () => {
  for (const gateway of running.splice(0)) {
    await gateway.close();
  }
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const inFolder = (name: string): string => join(folder, name);

async function start(audit: Record<string, unknown>, url?: string): Promise<GatewayUnderTest> {
  const gateway = await startGatewayUnderTest({
    policies: EVERYONE,
    upstreams: [],
    config: {
      audit: { logOrigin: ORIGIN, checkpointInterval: "100ms", ...audit },
      ...(url === undefined ? {} : { database: { url }, dataDirectory: inFolder("data") }),
    },
  });
  running.push(gateway);
  return gateway;
}

async function stop(gateway: GatewayUnderTest): Promise<void> {
  running.splice(running.indexOf(gateway), 1);
  await gateway.close();
}

/** One decision, which is one event. */
async function decide(gateway: GatewayUnderTest): Promise<void> {
  const response = await send(gateway.url, {
    path: "/api/v1/gateway/authorize",
    headers: { "x-api-key": gateway.apiKey },
    body: { action: "gateway:tool:discover", server_name: "none" },
  });
  expect(response.status).toBe(200);
}

const checkpointOf = async (gateway: GatewayUnderTest): Promise<string> => {
  const response = await send(gateway.url, {
    method: "GET",
    path: "/api/v1/audit/checkpoint",
    headers: { "x-api-key": gateway.apiKey },
  });
  expect(response.status).toBe(200);
  return response.text;
};

const attested = (gateway: GatewayUnderTest, result: "confirmed" | "failed"): Promise<number> =>
  metric(gateway, "sark_audit_log_attestations_total", { result });

describe("checkpoints that others confirm", () => {
  it("are cosigned by the configured witness, whose key auditors can demand [AUD-7]", async () => {
    const logKeyFile = inFolder("witnessed.pem");
    const signer = await loadOrCreateSigner(logKeyFile, ORIGIN);
    const cosigner = createCosigner("witness.example/w", namedKey("w"));
    const witness = await startWitness(ORIGIN, createKeySet([{ key: signer.key, ...every }]), cosigner);
    try {
      const key = cosigner.key.vkey;
      const gateway = await start({ logKeyFile, witnesses: [{ url: witness.url, key }] });
      await decide(gateway);
      const both = parseKeySet(`${signer.key.vkey}\n${key}\n`);
      await vi.waitFor(
        async () => {
          const { witnessedBy } = openCheckpoint(await checkpointOf(gateway), both, ORIGIN);
          expect(witnessedBy.map(({ key: by }) => by.vkey)).toEqual([key]);
        },
        { timeout: 20_000 },
      );
      expect(new Set(witness.statuses)).toEqual(new Set([200]));
      expect(await attested(gateway, "confirmed")).toBeGreaterThan(0);
    } finally {
      await witness.close();
    }
  });

  const openssl = requireServer("openssl");
  it.runIf(openssl)("are stamped by the configured authority, as auditors can verify [AUD-7]", async () => {
    const authority = await startOpensslAuthority(openssl ?? "");
    try {
      const root = join(authority.folder, "root.pem");
      const gateway = await start({
        timeStampAuthorities: [{ url: authority.url, certificateFiles: [root] }],
      });
      await decide(gateway);
      await vi.waitFor(async () => expect(await attested(gateway, "confirmed")).toBeGreaterThan(0), {
        timeout: 20_000,
      });
      const verify = (certificate: string) =>
        auditCommand(
          [
            "verify",
            "--key",
            join(gateway.dataDirectory, "audit-log.vkey"),
            "--time-stamp-authority",
            certificate,
          ],
          { DATABASE_URL: gateway.databaseUrl },
        );
      expect(await verify(root)).toMatchObject({ code: 0, report: { ok: true } });
      const other = await startOpensslAuthority(openssl ?? "");
      expect(await verify(join(other.folder, "root.pem"))).toMatchObject({
        code: 1,
        report: { findings: [{ kind: "wrong_time_stamp" }] },
      });
      await other.close();
    } finally {
      await authority.close();
    }
  });

  it("confirm nothing for a witness that is away, and calls go on [AUD-7]", async () => {
    const { vkey } = createCosigner("witness.example/w", namedKey("w")).key;
    const gateway = await start({ witnesses: [{ url: "http://127.0.0.1:1", key: vkey }] });
    await decide(gateway);
    await vi.waitFor(async () => expect(await attested(gateway, "failed")).toBeGreaterThan(0), {
      timeout: 20_000,
    });
    expect(await checkpointOf(gateway)).toContain(ORIGIN);
  });
});

describe("a change of keys", () => {
  it("goes on under the new key once the old one is named, and is refused before [AUD-7]", async () => {
    const keyFiles = [inFolder("old.pem"), inFolder("new.pem")] as const;
    const formerLogKeysFile = inFolder("former.txt");
    const first = await start({ logKeyFile: keyFiles[0] }, database.url);
    await decide(first);
    await stop(first);
    const memory = readFileSync(inFolder("data/audit-log.checkpoint"), "utf8");
    const size = Number(memory.split("\n")[1]);
    // It ended in good order: nothing that it recorded is left unsigned.
    expect(size).toBe((await auditRows(database.url)).length);
    const oldKey = readFileSync(inFolder("data/audit-log.vkey"), "utf8").trim();

    const hasty = await start({ logKeyFile: keyFiles[1] }, database.url);
    await decide(hasty);
    await vi.waitFor(
      async () =>
        expect(
          await metric(hasty, "sark_audit_log_refusals_total", { code: "unknown_signer" }),
        ).toBeGreaterThan(0),
      { timeout: 20_000 },
    );
    expect(openCheckpoint(await checkpointOf(hasty), parseKeySet(oldKey), ORIGIN).size).toBe(size);
    await stop(hasty);

    writeFileSync(formerLogKeysFile, `${oldKey} until=${size}\n`);
    const second = await start({ logKeyFile: keyFiles[1], formerLogKeysFile }, database.url);
    await decide(second);
    const newKey = readFileSync(inFolder("data/audit-log.vkey"), "utf8").trim();
    const events = (await auditRows(database.url)).length;
    await vi.waitFor(
      async () => {
        const checkpoint = openCheckpoint(await checkpointOf(second), parseKeySet(newKey), ORIGIN);
        expect(checkpoint.size).toBe(events);
      },
      { timeout: 20_000 },
    );
    await stop(second);

    const trusted = inFolder("trusted.txt");
    writeFileSync(trusted, `${oldKey} until=${size}\n${newKey} from=${size}\n`);
    const verify = (...keys: string[]) =>
      auditCommand(["verify", ...keys.flatMap((key) => ["--key", key])], { DATABASE_URL: database.url });
    expect(await verify(trusted)).toMatchObject({ code: 0, report: { ok: true, events } });
    expect((await verify(oldKey)).code).toBe(1);
    expect((await verify(newKey)).code).toBe(1);
  });
});

it.each([
  ["formerLogKeysFile", { formerLogKeysFile: "/nowhere/keys" }, /ENOENT/],
  ["witnesses.0.key", { witnesses: [{ url: "http://127.0.0.1:1", key: "no key" }] }, /no key/],
  [
    "witnesses.0.key",
    {
      witnesses: [
        { url: "http://127.0.0.1:1", key: createCosigner("w", namedKey("w")).key.vkey.replace("w+", "v+") },
      ],
    },
    /v\+/,
  ],
  [
    "timeStampAuthorities.0.certificateFiles",
    { timeStampAuthorities: [{ url: "http://127.0.0.1:1", certificateFiles: [import.meta.filename] }] },
    /PEM/,
  ],
])("audit.%s is named when it cannot be used: %#", async (name, audit, reason) => {
  const refused = start(audit);
  await expect(refused).rejects.toMatchObject({ name: "ConfigurationError" });
  await expect(refused).rejects.toThrow(`audit.${name}: `);
  await expect(refused).rejects.toThrow(reason);
});
