import { createSequence } from "@sark/observability/waiting";
import type pg from "pg";
import { AuditError } from "../../errors.ts";
import { combineObservers } from "../../combine-observers.ts";
import { SILENT_AUDIT_OBSERVER, type AuditObserver, type BackgroundTask } from "../../observer.ts";
import { createConnection } from "../../postgres/connection.ts";
import { leadOrFollow } from "../../postgres/leadership.ts";
import { applyRetention, type RetentionSettings } from "./retention.ts";
import { countOrphans } from "../query/orphans.ts";
import { scanOrphans } from "./scan-orphans.ts";
import { measureStorage } from "./storage.ts";

/** What maintenance does, and how often. */
export interface MaintenanceOptions {
  readonly connectionString: string;
  readonly observer?: Partial<AuditObserver>;
  /** Without it nothing is ever dropped. */
  readonly retention?: RetentionSettings;
  /** A call may take as long, in seconds; an intent that is older and has no outcome is an orphan. Default 900. */
  readonly orphanGraceSeconds?: number;
  /** Default 60,000. */
  readonly intervalMs?: number;
}

/** What goes on in the background: retention, the search for orphaned intents, the measuring of storage. */
export interface Maintenance {
  /** Does everything once, now; failures go to the observer. */
  run(): Promise<void>;
  /** Cuts off what is under way; the next run, of any replica, does it again. */
  close(): Promise<void>;
}

/** It takes time to count a day's rows and to hold them against the signed tree; no call waits for it. */
const STEP_MS = 60 * 60_000;

/**
 * Drops days that are over, finds intents without an outcome and measures storage, in the background; one process at
 * a time. Throws `invalid_settings`.
 */
export function startMaintenance(options: MaintenanceOptions): Maintenance {
  const { connectionString, retention, orphanGraceSeconds = 900, intervalMs = 60_000 } = options;
  if (retention !== undefined && !(retention.days >= 1 && (retention.payloadDays ?? 1) >= 0)) {
    throw new AuditError("invalid_settings", "retention: days must be 1 or more, payloadDays 0 or more.");
  }
  const observer = combineObservers(SILENT_AUDIT_OBSERVER, options.observer ?? {});
  const connection = createConnection({ connectionString, timeoutMs: STEP_MS });

  let closing = false;

  async function step(task: BackgroundTask, work: (client: pg.Client) => Promise<void>): Promise<void> {
    if (closing) {
      return;
    }
    try {
      await connection.use(work);
    } catch (error) {
      // With it ends the lock, which another replica may need.
      await connection.close();
      // What `close` cut off has not failed.
      if (!closing) {
        observer.backgroundFailed({ task, error });
      }
    }
  }

  /** Each replica counts and measures for itself, but one at a time scans and drops. */
  async function runAll(): Promise<void> {
    await step("orphan_scan", async (client) => {
      await leadOrFollow(client, "maintenance", async () => {
        await scanOrphans(client, orphanGraceSeconds);
      });
      observer.orphansCounted(await countOrphans(client));
    });
    await step("retention", async (client) => {
      if (retention !== undefined) {
        await leadOrFollow(client, "maintenance", () => applyRetention(client, retention, observer));
      }
    });
    await step("storage", async (client) => observer.storageMeasured(await measureStorage(client)));
    await connection.close();
  }

  const runs = createSequence();
  const run = (): Promise<void> => runs.run(runAll);

  const timer = setInterval(() => void run(), intervalMs);
  timer.unref();
  return {
    run,
    async close() {
      closing = true;
      clearInterval(timer);
      // Retention may read for minutes, and what ends after us is waiting. A transaction that is cut off is rolled back.
      await connection.close();
      await runs.run(() => undefined);
    },
  };
}
