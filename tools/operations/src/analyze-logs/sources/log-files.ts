import { readdirSync, statSync, type Stats } from "node:fs";
import { basename, join } from "node:path";
import { CommandError, EXIT } from "../../exit-code.ts";

/** A file of log lines. */
export interface LogFile {
  readonly path: string;
  readonly bytes: number;
  /** Which log it is a part of, where its name is as our logger gives it: then it has nothing but lines of that log. */
  readonly log: string | null;
}

/** `application.0000000000012345.20261121T142705Z.jsonl`, as the logger names them. */
const OURS = /^(?<log>[a-z-]+)\.\d{16}\.\d{8}T\d{6}Z\.jsonl(?<packed>\.gz|\.zst)?$/;
/** Repeats lines of the others. */
const REPEATED = "exceptions";

/**
 * The files that paths name, those of one log in order of time. A folder stands for the logs in it, of which none that
 * repeats another. Throws a `CommandError` for a path that is not there.
 */
export function findLogFiles(paths: readonly string[]): LogFile[] {
  return paths.flatMap((path) => {
    const stats = look(path);
    return stats.isDirectory() ? filesOf(path) : [describeFile(path, stats.size)];
  });
}

function filesOf(folder: string): LogFile[] {
  const names = readdirSync(folder).filter((name) => OURS.test(name));
  if (names.length === 0) {
    throw new CommandError(EXIT.unable, `There is no log file in ${folder}.`);
  }
  const plain = new Set(names);
  return (
    names
      .filter((name) => !name.startsWith(`${REPEATED}.`))
      // Between writing the packed file and removing the plain one a crash leaves both.
      .filter((name) => !(/\.(gz|zst)$/.test(name) && plain.has(name.replace(/\.(gz|zst)$/, ""))))
      .toSorted()
      .flatMap((name) => {
        const path = join(folder, name);
        const stats = statSync(path, { throwIfNoEntry: false });
        return stats === undefined ? [] : [describeFile(path, stats.size)];
      })
  );
}

function describeFile(path: string, bytes: number): LogFile {
  return { path, bytes, log: OURS.exec(basename(path))?.groups?.["log"] ?? null };
}

function look(path: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new CommandError(EXIT.unable, `Cannot read ${path} (${code}).`, { cause });
  }
}
