import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "./sync-folder.ts";

/**
 * Replaces a file as a whole: never half written, and never readable by others (mode 0600), not even for a moment.
 * What it resolved to survives a crash; before, the old content does. The folder must be there.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  // A name that no other process can guess, and could have put a link at.
  const draft = `${path}.${randomUUID()}`;
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}
