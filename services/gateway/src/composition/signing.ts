import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTimeStampAuthority, createWitness, type Attestor } from "@sark/audit/attestation";
import { openTransparencyLog, type LogBuilderObserver, type TransparencyLog } from "@sark/audit/log-builder";
import { readRegularFile } from "@sark/observability/files";
import { parseKeySet, parseVerifierKey } from "@sark/audit/transparency-log";
import { ConfigurationError } from "@sark/settings";
import type { GatewayConfig } from "../config/schema.ts";

/** Keys and certificates are far shorter. */
const MAX_FILE_BYTES = 1024 * 1024;

type AuditSettings = GatewayConfig["audit"];

/**
 * Signs the transparency log, or stands by while another replica does. The key, the memory of what was signed and the
 * public half of the key lie in the data directory. Throws `ConfigurationError` naming the setting at fault.
 */
export async function startSigning(
  connectionString: string,
  settings: AuditSettings,
  dataDirectory: string,
  observer: LogBuilderObserver,
): Promise<TransparencyLog> {
  const { formerLogKeysFile: formerKeys } = settings;
  const log = await openTransparencyLog({
    connectionString,
    origin: settings.logOrigin,
    keyFile: settings.logKeyFile ?? join(dataDirectory, "audit-log.pem"),
    memoryFile: join(dataDirectory, "audit-log.checkpoint"),
    intervalMs: settings.checkpointInterval,
    ...(formerKeys === undefined
      ? {}
      : {
          formerKeys: setting("formerLogKeysFile", () => parseKeySet(readText(formerKeys)).keys),
        }),
    attestors: attestorsOf(settings),
    unsignedUntil: settings.unsignedRecordsUntil,
    observer,
  });
  // For verifiers, who must get it from here and not from the database that they doubt.
  writeFileSync(join(dataDirectory, "audit-log.vkey"), `${log.verifierKey}\n`, { mode: 0o644 });
  log.start();
  return log;
}

function attestorsOf({ witnesses, timeStampAuthorities }: AuditSettings): Attestor[] {
  return [
    ...witnesses.map(({ url, key }, index) =>
      setting(`witnesses.${index}.key`, () => createWitness({ url, key: parseVerifierKey(key) })),
    ),
    ...timeStampAuthorities.map(({ url, certificateFiles }, index) =>
      setting(`timeStampAuthorities.${index}.certificateFiles`, () => {
        const trusted = certificateFiles.map(
          (file) => new X509Certificate(readRegularFile(file, MAX_FILE_BYTES)),
        );
        return createTimeStampAuthority({ url, trusted });
      }),
    ),
  ];
}

function readText(file: string): string {
  return readRegularFile(file, MAX_FILE_BYTES).toString("utf8");
}

function setting<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new ConfigurationError(`audit.${name}: ${(cause as Error).message}`, { cause });
  }
}
