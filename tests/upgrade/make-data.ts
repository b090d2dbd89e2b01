// npm run release:data -- FILE: what the version that is checked out leaves behind, for the upgrade test of later ones.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { waitUntil } from "@sark/observability/waiting";
import { startPostgres, UNFLUSHED } from "@sark/testkit";
import { auditCommand } from "../support/audit-command.ts";
import { send } from "../support/requests.ts";
import { captureData, writeReleasedData } from "./released-data.ts";
import { startOn, use } from "./use-gateway.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const [file] = positionals;
if (file === undefined) {
  console.error("Usage: npm run release:data -- FILE");
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
  const gateway = await startOn({ databaseUrl, dataDirectory }, (step) => undo.push(step));
  const denied = await use(gateway);
  let signed: unknown;
  await waitUntil(
    async () => {
      const key = join(dataDirectory, "audit-log.vkey");
      const { report } = await auditCommand(["verify", "--key", key], { DATABASE_URL: databaseUrl });
      signed = report;
      return (report as { uncovered: number }).uncovered === 0;
    },
    { everyMs: 50 },
  );
  const headers = { authorization: `Bearer ${gateway.apiKey}` };
  const path = `/api/v1/audit/receipt/${denied}`;
  const { text: receipt } = await send(gateway.url, { method: "GET", path, headers });
  // Ended before its data are read, as before an upgrade; the database of its own stays.
  await gateway.gateway.close();
  const data = await captureData(
    { databaseUrl, dataDirectory },
    { version, seen: { denied, receipt, events: (signed as { events: number }).events } },
  );
  writeReleasedData(file, data);
  console.log(`${file}: ${Object.values(data.tables).flat().length} rows of version ${version}`);
} finally {
  for (const step of undo.toReversed()) {
    await step();
  }
}
