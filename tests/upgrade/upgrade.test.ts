import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { queryDatabase, startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { auditCommand } from "../support/audit-command.ts";
import { EVERYONE_MAY, spawnGateway } from "../support/gateway-process.ts";
import { send } from "../support/requests.ts";
import { captureData, readReleasedData, restoreData, type ReleasedData } from "./released-data.ts";
import { startOn, use } from "./use-gateway.ts";

/** One file for each release, and for builds that were in use before the first: what they left behind. */
const RELEASES = join(import.meta.dirname, "releases");
const files = readdirSync(RELEASES).filter((file) => file.endsWith(".json.gz"));

const folder = mkdtempSync(join(tmpdir(), "sark-upgrade-"));
const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
let postgres: TemporaryPostgres;

beforeAll(async () => {
  postgres = await startPostgres({ settings: UNFLUSHED });
  undo.push(() => postgres.stop());
});

afterAll(async () => {
  for (const step of undo.splice(0).toReversed()) {
    await step();
  }
});

interface Place {
  readonly databaseUrl: string;
  readonly dataDirectory: string;
}

async function restored(name: string, data: ReleasedData): Promise<Place> {
  const place = { databaseUrl: await postgres.createDatabase(), dataDirectory: join(folder, name) };
  await restoreData(data, place);
  chmodSync(place.dataDirectory, 0o700);
  return place;
}

const verify = ({ databaseUrl, dataDirectory }: Place) =>
  auditCommand(["verify", "--key", join(dataDirectory, "audit-log.vkey")], { DATABASE_URL: databaseUrl });

describe.for(files)("what %s left behind [DOC-1] [AUD-3]", (file) => {
  const data = readReleasedData(join(RELEASES, file));

  it("is what it was in its own schema: nothing is lost between reading and writing it", async () => {
    const place = await restored(`${file}-as-it-was`, data);
    const again = await captureData(place, data);
    expect(again.tables).toEqual(data.tables);
    expect(again.files).toEqual(data.files);
    expect(again.migrations.map(({ name }) => name).toSorted()).toEqual(
      data.migrations.map(({ name }) => name).toSorted(),
    );
  });

  it("is taken over by this version: calls go on, the log goes on and verifies, proofs of before hold", async () => {
    const place = await restored(file, data);
    const gateway = await startOn(place, (step) => undo.push(step));
    // The key of before is good.
    await use(gateway);
    const { events, denied, receipt } = data.seen as { events: number; denied: string; receipt: string };
    await vi.waitFor(async () => {
      const { code, report } = await verify(place);
      expect(report).toMatchObject({ result: "as_signed", uncovered: 0, findings: [] });
      expect((report as { events: number }).events).toBeGreaterThanOrEqual(events + 5);
      expect(code).toBe(0);
    });
    const headers = { authorization: `Bearer ${gateway.apiKey}` };
    const path = `/api/v1/audit/events/${denied}`;
    const { status, json } = await send(gateway.url, { method: "GET", path, headers });
    expect([status, json]).toMatchObject([
      200,
      { event: { id: denied, decision: "deny", tool_name: "forbidden" } },
    ]);
    const kept = join(folder, `${file}.receipt`);
    writeFileSync(kept, receipt);
    const key = join(place.dataDirectory, "audit-log.vkey");
    expect((await auditCommand(["receipt", "verify", kept, "--key", key])).code).toBe(0);
  });
});

it("of two replicas that start at once on what a release left behind, one that is killed in the middle of a migration leaves it to the other [AUD-3] [DOC-1]", async () => {
  const place = await restored("killed", readReleasedData(join(RELEASES, files[0] ?? "")));
  const { databaseUrl } = place;
  const sessions = (state: string) =>
    queryDatabase(
      databaseUrl,
      `SELECT FROM pg_stat_activity WHERE application_name = 'sark-audit-migrate' AND datname = current_database() AND ${state}`,
    );
  // The first migration that is missing has done its work, and waits to say so.
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  undo.push(() => holder.end());
  await holder.query("BEGIN; LOCK TABLE audit_migrations IN SHARE ROW EXCLUSIVE MODE");
  const dataDirectory = join(folder, "killed-too");
  cpSync(place.dataDirectory, dataDirectory, { recursive: true });
  const config = join(folder, "killed.json");
  writeFileSync(config, JSON.stringify({ dataDirectory, audit: { logOrigin: "upgrade.example/sark" } }));
  const killed = spawnGateway({
    environment: { DATABASE_URL: databaseUrl, ...EVERYONE_MAY },
    args: ["--config", config],
  });
  undo.push(() => killed.kill("SIGKILL"));
  await vi.waitFor(async () =>
    expect(await sessions("query LIKE 'INSERT INTO audit_migrations%'")).toHaveLength(1),
  );
  const other = startOn(place, (step) => undo.push(step));
  await vi.waitFor(async () => expect(await sessions("wait_event = 'advisory'")).toHaveLength(1));
  killed.kill("SIGKILL");
  expect(await killed.exited).toBe("SIGKILL");
  await holder.query("COMMIT");
  await use(await other);
  await vi.waitFor(async () => {
    const { code, report } = await verify(place);
    expect(report).toMatchObject({ result: "as_signed", uncovered: 0, findings: [] });
    expect(code).toBe(0);
  });
});

it("refuses data of a version that is newer than this one, and says so", async () => {
  const data = readReleasedData(join(RELEASES, files[0] ?? ""));
  const place = await restored("of-a-newer-version", data);
  const newer = { name: "9999_of_tomorrow", checksum: "0" };
  const client = new pg.Client({ connectionString: place.databaseUrl });
  await client.connect();
  await client.query("INSERT INTO audit_migrations (name, checksum) VALUES ($1, $2)", [
    newer.name,
    newer.checksum,
  ]);
  await client.end();
  await expect(startOn(place, (step) => undo.push(step))).rejects.toThrow("9999_of_tomorrow");
});
