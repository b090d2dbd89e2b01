import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { auditCommand } from "../support/audit-command.ts";
import { EVERYONE, startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { send } from "../support/requests.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-backup-"));
// The account that PostgreSQL runs under, where root starts it, has to get there.
chmodSync(folder, 0o755);
const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const step of undo.splice(0).toReversed()) {
    await step();
  }
});

/** One decision, which is one event. */
const decide = (gateway: GatewayUnderTest, tool: string) =>
  send(gateway.url, {
    path: "/api/v1/gateway/authorize",
    headers: { authorization: `Bearer ${gateway.apiKey}` },
    body: { action: "gateway:tool:invoke", server_name: "tools", tool_name: tool },
  });

/** What `pg_basebackup` does: the server says when to begin and to end, its files are copied meanwhile. */
async function backUp(url: string, to: string, meanwhile: () => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ data_directory: string }>("SHOW data_directory");
    const from = rows[0]?.data_directory ?? "";
    await client.query("SELECT pg_backup_start('sark', true)");
    execFileSync("cp", ["-a", from, to]);
    await meanwhile();
    const { rows: ended } = await client.query<{ labelfile: string }>(
      "SELECT labelfile FROM pg_backup_stop()",
    );
    // The log of what was written meanwhile is a part of the backup.
    execFileSync("cp", ["-a", `${from}/pg_wal/.`, join(to, "pg_wal")]);
    rmSync(join(to, "postmaster.pid"), { force: true });
    // Owner and mode are those of its neighbours.
    execFileSync("cp", ["-a", join(to, "PG_VERSION"), join(to, "backup_label")]);
    writeFileSync(join(to, "backup_label"), ended[0]?.labelfile ?? "");
  } finally {
    await client.end();
  }
}

describe("a backup of the database [DOC-1]", () => {
  let gateway: GatewayUnderTest;
  let key: string;
  let original: TemporaryPostgres;
  let restored: string;

  beforeAll(async () => {
    original = await startPostgres({ settings: UNFLUSHED });
    undo.push(() => original.stop());
    const url = await original.createDatabase();
    gateway = await startGatewayUnderTest({
      policies: EVERYONE,
      upstreams: [],
      config: {
        database: { url },
        dataDirectory: join(folder, "data"),
        audit: { logOrigin: "audit.example/sark", checkpointInterval: "50ms" },
      },
    });
    undo.push(() => gateway.close());
    key = join(folder, "data/audit-log.vkey");
    for (const tool of ["one", "two", "three"]) {
      await decide(gateway, tool);
    }
    await vi.waitFor(async () => {
      const { report } = await auditCommand(["verify", "--key", key], { DATABASE_URL: url });
      expect(report).toMatchObject({ result: "as_signed", uncovered: 0 });
    });
    const copy = join(folder, "restored");
    await backUp(url, copy, () => decide(gateway, "meanwhile"));
    const another = await startPostgres({ dataDir: copy, settings: UNFLUSHED });
    undo.push(() => another.stop());
    restored = new URL(new URL(url).pathname, another.url).href;
  });

  it("is verified with the key alone: it is as it was signed", async () => {
    const { code, report } = await auditCommand(["verify", "--key", key], { DATABASE_URL: restored });
    expect(report).toMatchObject({ result: "as_signed", findings: [] });
    expect(code).toBe(0);
  });

  it("has what was recorded before, and what was committed while it was taken", async () => {
    const client = new pg.Client({ connectionString: restored });
    await client.connect();
    const { rows } = await client.query<{ tool_name: string }>(
      "SELECT tool_name FROM gateway_audit_events WHERE tool_name IS NOT NULL ORDER BY seq",
    );
    await client.end();
    expect(rows.map((row) => row.tool_name)).toEqual(["one", "two", "three", "meanwhile"]);
  });

  it("that is older than what was signed since is found out by the memory of a verifier", async () => {
    await decide(gateway, "after the backup");
    const memory = join(folder, "remembered");
    const url = gateway.databaseUrl;
    await vi.waitFor(async () => {
      const args = ["verify", "--key", key, "--remember", memory];
      const { report } = await auditCommand(args, { DATABASE_URL: url });
      expect(report).toMatchObject({ result: "as_signed", uncovered: 0 });
    });
    const { code, report } = await auditCommand(["verify", "--key", key, "--remember", memory], {
      DATABASE_URL: restored,
    });
    expect(code).toBe(1);
    expect(report).toMatchObject({ result: "not_as_signed" });
  });
});
