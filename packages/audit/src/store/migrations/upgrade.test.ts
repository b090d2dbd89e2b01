import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { createTestLog } from "../../log-builder/testing/test-log.ts";
import { createAuditLog } from "../audit-log.ts";
import { migrate } from "./migrate.ts";
import { keys, signLog } from "../../verification/testing/signed-log.ts";
import { verifyOnline } from "../../verification/online/verify-online.ts";

/** What came after the first schema that was in use, newest first. */
const LATER = ["0202_quarantine_tenant", "0201_delivery_state", "0007_request_params", "0006_provenance"];

const down = (name: string): Promise<string> =>
  readFile(join(import.meta.dirname, "../../../migrations", `${name}.down.sql`), "utf8");

it("takes a log of the first schema to the newest with its rows, and back again, and still verifies [AUD-3] [AUD-7]", async () => {
  const log = await createTestLog(inject("postgresUrl"));
  const none = { client_address: null, credential: null, submitted_by: null };
  try {
    // Older records have none of the later fields, in their bytes neither.
    const events = await log.append(300, none);
    const audit = createAuditLog({ connectionString: log.url, payloads: { policy: "full" } });
    await audit.record(
      { event_type: "tool_invoke", decision: "allow", reason: "", timestamp: 1, gateway_request_id: "r" },
      { payloads: { arguments: { a: 1 }, params: { b: 2 }, result: "c" } },
    );
    await audit.close();
    await signLog(log.pool);
    await log.query(`INSERT INTO audit_destinations (name, platform, start_seq, cursor_seq, acknowledged, sent, last_sent_at)
      VALUES ('syslog', 'syslog', 0, 10, 0, 9, now()), ('splunk', 'splunk_hec', 0, 10, 9, 0, NULL)`);
    await log.query(
      `INSERT INTO audit_quarantine (destination, seq, event_id, canonical, reason, tenant_id)
       SELECT 'syslog', 4, $1, $2, 'refused', 'tenant'`,
      [events[4]?.id, events[4]?.canonical.toString()],
    );

    for (const name of LATER) {
      await log.query(await down(name));
      await log.query("DELETE FROM audit_migrations WHERE name = $1", [name]);
    }
    const figures =
      "SELECT acknowledged::int, last_acknowledged_at IS NULL AS never FROM audit_destinations ORDER BY name";
    expect(await log.query(figures)).toEqual([
      { acknowledged: 9, never: true },
      { acknowledged: 9, never: false },
    ]);
    expect(await log.query("SELECT kind FROM gateway_audit_payloads ORDER BY kind")).toEqual([
      { kind: "arguments" },
      { kind: "result" },
    ]);

    // Replicas of the new version start together.
    const applied = await Promise.all([migrate(log.url), migrate(log.url)]);
    expect(applied.flat()).toEqual(LATER.toReversed());
    expect(
      await log.query(
        "SELECT acknowledged::int, sent::int, last_sent_at IS NULL AS never FROM audit_destinations ORDER BY name",
      ),
    ).toEqual([
      { acknowledged: 9, sent: 0, never: true },
      { acknowledged: 0, sent: 9, never: false },
    ]);
    expect(await log.query("SELECT tenant_id FROM audit_quarantine")).toEqual([{ tenant_id: "tenant" }]);
    const verified = await verifyOnline({ pool: log.pool, keys });
    // The schema before had no place for it.
    expect(verified.findings).toMatchObject([{ kind: "payload_missing", seq: 300 }]);
    await log.append(2);
    await signLog(log.pool);
    expect((await verifyOnline({ pool: log.pool, keys })).events).toBe(303);
  } finally {
    await log.close();
  }
});
