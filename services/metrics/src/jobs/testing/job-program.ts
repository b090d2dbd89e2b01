import { createPool } from "@sark/audit/postgres";
import { wait } from "@sark/observability/waiting";
import { startJobQueue } from "../queue.ts";

const [connectionString = "", kind] = process.argv.slice(2);
const pool = createPool({ connectionString, name: "job-program", maxConnections: 5 });
const note = (tenant: string | null, what: string) =>
  pool.query("INSERT INTO runs (tenant, pid, what) VALUES ($1, $2, $3)", [tenant, process.pid, what]);

/** A worker whose jobs say when they begin and end; those of `slow` tenants take until they are killed, or long. */
await startJobQueue({
  connectionString,
  definitions: [
    {
      name: "roll_up",
      schedule: null,
      tenants: async () => [],
      async run({ tenant }) {
        await note(tenant, "begun");
        await wait(kind === "slow" ? 60_000 : 200);
        await note(tenant, "ended");
      },
    },
  ],
  observer: { jobEnded: () => undefined, queueFailed: () => undefined },
  atOnce: 2,
  retries: 20,
  retryDelayMs: 1_000,
  maxRetryDelayMs: 2_000,
  heartbeatSeconds: 10,
});
