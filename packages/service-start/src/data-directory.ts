import { randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  fileExposure,
  folderExposure,
  foldersAround,
  readRegularFile,
  syncFolderNow,
} from "@sark/observability/files";
import { ConfigurationError } from "@sark/settings";

/** The folder that survives restarts; closed to others, since keys live in it. */
export function openDataDirectory(path: string): string {
  const directory = resolve(path);
  // The embedded database runs under an account of its own and must be able to walk through.
  const made = mkdirSync(directory, { recursive: true, mode: 0o711 });
  foldersAround(directory, made).forEach(syncFolderNow);
  const exposure = folderExposure(directory, statSync(directory));
  if (exposure !== null) {
    throw new ConfigurationError(`The data directory holds keys. ${exposure}`);
  }
  return directory;
}

const MAX_SECRET_BYTES = 4_096;

/** A secret of 32 bytes kept in a 0600 file, made on the first call. Refuses a file that others can read. */
export function loadOrCreateSecret(directory: string, name: string): Buffer {
  const file = join(directory, name);
  createFileOnce(file, () => `${randomBytes(32).toString("base64url")}\n`);
  const exposure = fileExposure(file, statSync(file));
  if (exposure !== null) {
    throw new Error(exposure);
  }
  const secret = Buffer.from(readRegularFile(file, MAX_SECRET_BYTES).toString("utf8").trim(), "base64url");
  if (secret.length < 32) {
    throw new Error(`${file} does not hold a 32-byte secret; delete it to make a new one.`);
  }
  return secret;
}

/**
 * A 0600 file with this content, unless it is there. Written aside and linked into place: of processes that start at once on
 * one folder, all get what came first. It is on the disk, with its name, when this returns: what is made by a secret must not
 * outlive it.
 */
export function createFileOnce(file: string, content: () => string): void {
  if (existsSync(file)) {
    return;
  }
  const draft = `${file}.${randomUUID()}`;
  const opened = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(opened, content());
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  try {
    linkSync(draft, file);
    syncFolderNow(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw error;
    }
  } finally {
    rmSync(draft);
  }
}
