import { closeSync, fsyncSync, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Windows opens no folders. */
const OPENS_FOLDERS = process.platform !== "win32";

/** Makes the names in a folder durable: those of files that were made, renamed or linked there may else be lost with the power. */
export async function syncFolder(folder: string): Promise<void> {
  if (!OPENS_FOLDERS) {
    return;
  }
  const opened = await open(folder, "r");
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

/** The same, for starts, before anything else is done. */
export function syncFolderNow(folder: string): void {
  if (!OPENS_FOLDERS) {
    return;
  }
  const opened = openSync(folder, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/**
 * The folders to synchronise so that one keeps its own name that `mkdir` made, with those around it.
 *
 * @param made what the recursive `mkdir` returned: the outermost that it made, if any
 */
export function foldersAround(folder: string, made: string | undefined): readonly string[] {
  const around: string[] = [];
  if (made === undefined) {
    return around;
  }
  const end = dirname(resolve(made));
  for (let outer = dirname(resolve(folder)); outer.length >= end.length; outer = dirname(outer)) {
    around.push(outer);
    if (outer === dirname(outer)) {
      break;
    }
  }
  return around;
}
