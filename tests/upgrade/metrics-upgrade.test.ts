import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres, UNFLUSHED, type TemporaryPostgres } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { auditCommand } from "../support/audit-command.ts";
import { captureData, METRICS_SERVICE, readReleasedData, restoreData } from "./released-data.ts";
import { seenByTenants, sendEvents, startMetricsOn, type SeenByTenants } from "./use-metrics.ts";

/** One file for each release, and for builds that were in use before the first: what they left behind. */
const RELEASES = join(import.meta.dirname, "releases/metrics-service");
const files = readdirSync(RELEASES);

interface Seen {
  readonly platformKey: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly tenants: SeenByTenants;
}

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

describe.for(files)("what the metrics service %s left behind [DOC-1] [SVC-1]", (file) => {
  const data = readReleasedData(join(RELEASES, file));
  const { platformKey, keys, tenants } = data.seen as unknown as Seen;

  async function restored(name: string) {
    const place = { databaseUrl: await postgres.createDatabase(), dataDirectory: join(folder, name) };
    await restoreData(data, place, METRICS_SERVICE);
    chmodSync(place.dataDirectory, 0o700);
    return place;
  }

  it("is what it was in its own schema: nothing is lost between reading and writing it", async () => {
    const again = await captureData(await restored(`${file}-as-it-was`), data, METRICS_SERVICE);
    expect(again.tables).toEqual(data.tables);
    expect(again.files).toEqual(data.files);
  });

  it("is taken over by this version: keys of before are good, KPIs say the same, nothing is counted twice, and the log verifies", async () => {
    const place = await restored(file);
    const service = await startMetricsOn(place, platformKey, (step) => undo.push(step));
    const again = ["alice", "bob", "alice"];
    // What this version says more is no difference.
    expect(await seenByTenants(service, keys)).toMatchObject(tenants);
    const sent = await sendEvents(service, keys["sender"] ?? "", again);
    expect(sent).toMatchObject({ accepted: 0, duplicates: 6, refused: [] });
    expect(await seenByTenants(service, keys)).toMatchObject(tenants);
    // What is new is counted beside it, and for its tenant alone.
    await sendEvents(service, keys["sender"] ?? "", [...again, "dora"]);
    await vi.waitFor(async () => {
      const { kpis, ofOthers } = await seenByTenants(service, keys);
      expect(kpis[1]).toMatchObject({ body: { points: [{ active_users: 3, events: 4 }] } });
      expect(ofOthers).toEqual(tenants.ofOthers);
    });
    // The key of before is the platform's.
    expect((await service.send(platformKey, "GET", "/v1/platform/tenants")).status).toBe(200);
    await vi.waitFor(async () => {
      const key = join(place.dataDirectory, "audit-log.vkey");
      const { report } = await auditCommand(["verify", "--key", key], { DATABASE_URL: place.databaseUrl });
      expect(report).toMatchObject({ result: "as_signed", uncovered: 0, findings: [] });
    });
  });
});
