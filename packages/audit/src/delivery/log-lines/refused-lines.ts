import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "@sark/observability/files";
import { type LogName } from "@sark/observability/logging";
import { createSequence } from "@sark/observability/waiting";
import type { Refused } from "../engine/ports/progress.ts";
import type { LogLineEvent } from "./log-line.ts";

/** A line that was refused for good, as it stands in its file. */
export interface RefusedLine {
  readonly number: number;
  readonly refused_at: string;
  /** Why it was refused, last. */
  readonly reason: string;
  readonly attempts: number;
  /** Since when it waits to be sent again; `null` when that was not asked for. */
  readonly replay_requested_at: string | null;
  readonly line: string;
}

/** Lines of one log that were refused for good. What a call resolved to survives a crash; each rejects when it cannot be done. */
export interface RefusedLines {
  keep(refused: readonly Refused<LogLineEvent>[]): Promise<void>;
  /** In order of their numbers, each once. */
  list(): Promise<readonly RefusedLine[]>;
  /** Replaces the lines that are not left as they are; `null` takes one out. Resolves to how many there were. */
  revise(change: (line: RefusedLine) => RefusedLine | null): Promise<number>;
}

/** Then a new file is begun, and the one before the last is given up. */
const MAX_BYTES = 16 * 1024 * 1024;

export function openRefusedLines(directory: string, log: LogName): RefusedLines {
  const path = join(directory, `${log}.refused`);
  const older = `${path}.old`;
  /** What is added must not fall between reading a file and replacing it. */
  const work = createSequence();

  async function reviseFile(
    file: string,
    change: (line: RefusedLine) => RefusedLine | null,
    changed: Set<number>,
  ): Promise<void> {
    const before = changed.size;
    const texts = (await readTexts(file)).flatMap((text) => {
      const line = parse(text);
      const revised = line === null ? null : change(line);
      // What cannot be read is left to people.
      if (line === null || revised === line) {
        return [text];
      }
      changed.add(line.number);
      return revised === null ? [] : [JSON.stringify(revised)];
    });
    if (changed.size > before) {
      await replaceFile(file, texts.map((text) => `${text}\n`).join(""));
    }
  }

  return {
    keep: (refused) =>
      work.run(async () => {
        const refused_at = new Date().toISOString();
        const texts = refused.map(({ event: { seq, text }, reason }) => {
          const line = {
            number: seq,
            refused_at,
            reason,
            attempts: 1,
            replay_requested_at: null,
            line: text,
          };
          return `${JSON.stringify(line)}\n`;
        });
        await append(path, older, texts.join(""));
      }),
    list: () =>
      work.run(async () => {
        const lines = [...(await readTexts(older)), ...(await readTexts(path))].flatMap(
          (text) => parse(text) ?? [],
        );
        return [...new Map(lines.map((line) => [line.number, line])).values()].sort(
          (a, b) => a.number - b.number,
        );
      }),
    revise: (change) =>
      work.run(async () => {
        const changed = new Set<number>();
        await reviseFile(older, change, changed);
        await reviseFile(path, change, changed);
        return changed.size;
      }),
  };
}

async function append(path: string, older: string, text: string): Promise<void> {
  let file = await open(path, "a+", 0o600);
  try {
    let { size } = await file.stat();
    if (size > MAX_BYTES) {
      await rename(path, older);
      await file.close();
      file = await open(path, "a+", 0o600);
      size = 0;
    }
    // Half a line that a crash left must not swallow the next one.
    const whole =
      size === 0 || (await file.read({ position: size - 1, buffer: Buffer.alloc(1) })).buffer[0] === NEWLINE;
    await file.appendFile(whole ? text : `\n${text}`);
    await file.sync();
  } finally {
    await file.close();
  }
}

const NEWLINE = 0x0a;

async function readTexts(path: string): Promise<string[]> {
  try {
    return (await readFile(path, "utf8")).split("\n").filter((text) => text !== "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return [];
    }
    throw error;
  }
}

/** `null` for what a crash left half-written. */
function parse(text: string): RefusedLine | null {
  try {
    const {
      number,
      refused_at,
      reason,
      attempts = 1,
      replay_requested_at = null,
      line,
    } = JSON.parse(text) as Partial<RefusedLine>;
    return typeof number === "number" &&
      refused_at !== undefined &&
      reason !== undefined &&
      line !== undefined
      ? { number, refused_at, reason, attempts, replay_requested_at, line }
      : null;
  } catch {
    return null;
  }
}
