import { join } from "node:path";
import { createAuditLog, migrate, type AuditLog } from "@sark/audit";
import { openLogReader, type OpenLogReader, type RecordSigner } from "@sark/audit/log-builder";
import { createAuditReader, startMaintenance, type AuditReader } from "@sark/audit/store";
import type { HealthCheck } from "@sark/observability/health";
import type { GatewayConfig } from "../config/schema.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { observeLog } from "./audit-log-state.ts";
import { endAll, type Cleanup } from "@sark/service-start";
import { startSigning } from "./signing.ts";

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

export interface StartedAudit {
  readonly audit: AuditLog;
  readonly reader: AuditReader;
  readonly log: OpenLogReader;
  readonly signs: boolean;
  readonly logCheck: HealthCheck;
  close(): Promise<void>;
}

/** Migrates the audit database and opens all that works on it; resolves when it takes records. */
export async function startAudit(
  connectionString: string,
  config: Pick<GatewayConfig, "audit" | "database">,
  dataDirectory: string,
  telemetry: Pick<Telemetry, "audit" | "transparencyLog">,
): Promise<StartedAudit> {
  const settings = config.audit;
  await migrate(connectionString);
  const closers: Cleanup[] = [];
  const close = () => endAll(closers);
  try {
    // Ends after the records are written, so that its last checkpoint covers them.
    const signs = settings.signing;
    const { observer, check: logCheck } = observeLog(telemetry.transparencyLog, signs);
    let recordSigner: RecordSigner | undefined;
    if (signs) {
      const signing = await startSigning(connectionString, settings, dataDirectory, observer);
      closers.push(() => signing.close());
      ({ recordSigner } = signing);
      telemetry.transparencyLog.opened(signing.verifierKey);
    }
    const audit = createAuditLog({
      connectionString,
      queueLimit: settings.queueLimit,
      writeTimeoutMs: config.database.timeout,
      observer: telemetry.audit,
      whenDown: settings.whenDown,
      // Also where no call waits for the disk: outcomes do, while the database takes none.
      spool: {
        directory: join(dataDirectory, "audit-spool"),
        // Processes that share a data directory have a spool each.
        alternatives: 63,
        maxBytes: settings.maxSpoolSize,
      },
      ...(recordSigner === undefined ? {} : { recordSigner }),
      payloads: {
        maxBytes: settings.maxPayloadSize,
        redaction: {
          patterns: settings.redactPatterns.map((source) => new RegExp(source, "giu")),
          ...(settings.redactKeys === undefined ? {} : { keys: new RegExp(settings.redactKeys, "iu") }),
        },
      },
    });
    closers.push(() => audit.close());
    // An insert that meets the making of its partition fails.
    await audit.check(AbortSignal.timeout(30_000));

    const reader = createAuditReader({ connectionString });
    closers.push(() => reader.close());
    const log = openLogReader({
      connectionString,
      timeoutMs: 30_000,
      ...(recordSigner === undefined
        ? {}
        : { trust: { ...recordSigner, unsignedUntil: settings.unsignedRecordsUntil } }),
    });
    closers.push(() => log.close());
    const maintenance = startMaintenance({
      connectionString,
      observer: telemetry.audit,
      orphanGraceSeconds: settings.orphanAfter / SECOND_MS,
      intervalMs: settings.maintenanceInterval,
      ...retentionOf(settings, recordSigner),
    });
    closers.push(() => maintenance.close());
    return { audit, reader, log, signs, logCheck, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function retentionOf(
  { retention, payloadRetention }: GatewayConfig["audit"],
  signer: RecordSigner | undefined,
) {
  if (retention === undefined && payloadRetention === undefined) {
    return {};
  }
  return {
    retention: {
      // Payloads alone may have an end: their events then stay for a hundred years.
      days: retention === undefined ? 36_500 : retention / DAY_MS,
      ...(signer === undefined ? {} : { signer }),
      ...(payloadRetention === undefined ? {} : { payloadDays: payloadRetention / DAY_MS }),
    },
  };
}
