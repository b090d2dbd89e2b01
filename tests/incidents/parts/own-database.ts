import { waitUntil } from "@sark/observability/waiting";
import { queryDatabase } from "@sark/testkit";
import { withSections, type Part } from "./part.ts";

const UNENDED = `SELECT FROM gateway_audit_events AS i WHERE phase = 'intent'
  AND NOT EXISTS (SELECT FROM gateway_audit_events AS o WHERE o.intent_id = i.id)`;

/** A database of the gateway's own, which loses its newest event, as a standby has that took over without it, and gets it back. */
export const ownDatabase: Part<{ setBack(): Promise<void>; putBack(): Promise<void> }> = {
  async start(ground) {
    const url = await ground.newDatabase();
    return {
      value: {
        async setBack() {
          // What is still under way would get the number of the event that is lost.
          await waitUntil(async () => (await queryDatabase(url, UNENDED)).length === 0, { everyMs: 50 });
          await queryDatabase(
            url,
            `UPDATE gateway_audit_head SET next_seq = next_seq - 1;
             CREATE TABLE lost_event AS SELECT e.* FROM gateway_audit_events AS e, gateway_audit_head WHERE seq = next_seq;
             DELETE FROM gateway_audit_events WHERE seq = (SELECT seq FROM lost_event)`,
          );
          await queryDatabase(
            url,
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()`,
          );
        },
        async putBack() {
          await queryDatabase(
            url,
            `WITH back AS (INSERT INTO gateway_audit_events SELECT * FROM lost_event RETURNING seq)
             UPDATE gateway_audit_head SET next_seq = (SELECT seq FROM back) + 1`,
          );
        },
      },
      configure: (options) => withSections(options, { database: { url, timeout: "5s" } }),
    };
  },
};
