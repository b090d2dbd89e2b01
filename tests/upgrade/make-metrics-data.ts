// npm run release:metrics-data -- FILE: what the metrics service that is checked out leaves behind, for the upgrade test of later ones.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { generateApiKey } from "@sark/authentication";
import { waitUntil } from "@sark/observability/waiting";
import { queryDatabase, startPostgres, UNFLUSHED } from "@sark/testkit";
import { auditCommand } from "../support/audit-command.ts";
import { captureData, METRICS_SERVICE, writeReleasedData } from "./released-data.ts";
import { seenByTenants, startMetricsOn, useMetrics } from "./use-metrics.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const [file] = positionals;
if (file === undefined) {
  console.error("Usage: npm run release:metrics-data -- FILE");
  process.exit(2);
}
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")) as {
  version: string;
};
const folder = mkdtempSync(join(tmpdir(), "sark-release-"));
const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
try {
  const postgres = await startPostgres({ settings: UNFLUSHED });
  undo.push(() => postgres.stop());
  const databaseUrl = await postgres.createDatabase();
  const dataDirectory = join(folder, "data");
  mkdirSync(dataDirectory, { mode: 0o700 });
  const platformKey = generateApiKey();
  const service = await startMetricsOn({ databaseUrl, dataDirectory }, platformKey, (step) =>
    undo.push(step),
  );
  const keys = await useMetrics(service);
  await waitUntil(
    async () => {
      const marks = await queryDatabase(databaseUrl, "SELECT FROM metrics.rollup_marks");
      const key = join(dataDirectory, "audit-log.vkey");
      const { report } = await auditCommand(["verify", "--key", key], { DATABASE_URL: databaseUrl });
      return marks.length === 0 && (report as { uncovered: number }).uncovered === 0;
    },
    { everyMs: 200 },
  );
  const tenants = await seenByTenants(service, keys);
  // Ended before its data are read, as before an upgrade.
  await service.server.close();
  const data = await captureData(
    { databaseUrl, dataDirectory },
    { version, seen: { platformKey, keys, tenants } },
    METRICS_SERVICE,
  );
  mkdirSync(dirname(file), { recursive: true });
  writeReleasedData(file, data);
  console.log(`${file}: ${Object.values(data.tables).flat().length} rows of version ${version}`);
} finally {
  for (const step of undo.toReversed()) {
    await step();
  }
}
