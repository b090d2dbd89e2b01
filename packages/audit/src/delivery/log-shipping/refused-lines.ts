import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LogName } from "@sark/observability";
import type { SetAside } from "../engine/window.ts";
import type { LogLineEvent } from "./log-line.ts";

/** Then a new file is begun, and the one before the last is given up. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Keeps lines that were refused for good, with the reason, for people to look at. Resolves when they are on the disk. */
export async function keepRefused(
  directory: string,
  log: LogName,
  refused: readonly SetAside<LogLineEvent>[],
): Promise<void> {
  const path = join(directory, `${log}.refused`);
  const refused_at = new Date().toISOString();
  const texts = refused.map(
    ({ event, reason }) => `${JSON.stringify({ number: event.seq, refused_at, reason, line: event.text })}\n`,
  );
  if ((await sizeOf(path)) > MAX_BYTES) await rename(path, `${path}.old`);
  const file = await open(path, "a", 0o640);
  try {
    await file.appendFile(texts.join(""));
    await file.sync();
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
