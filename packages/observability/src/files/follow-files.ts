import { statSync } from "node:fs";

/** What is made of files that may be replaced while we run. */
export interface FollowedFiles<T> {
  /** Looks whether a file changed. The same value as long as none did, so that its owner sees when to begin anew. */
  current(): T;
}

/** Hears that changed files are in use now (`null`), or why they are not and the former ones still serve. */
export type FileNotice = (problem: string | null) => void;

/**
 * Reads the files, and again whenever one of them changes. What `read` throws for, as a file that is half written or is
 * being replaced, leaves the former value in use. Throws what the first reading throws.
 */
export function followFiles<T>(
  paths: readonly string[],
  read: () => T,
  notice: FileNotice = () => undefined,
): FollowedFiles<T> {
  let seen = paths.map(filePrint).join();
  let value = read();

  return {
    current() {
      if (paths.length === 0) {
        return value;
      }
      const now = paths.map(filePrint).join();
      if (now === seen) {
        return value;
      }
      seen = now;
      try {
        value = read();
        notice(null);
      } catch (error) {
        notice((error as Error).message);
      }
      return value;
    },
  };
}

/** Changes with every replacement of a file, also of a link that the path goes through, and every write; `-` where there is none. */
export function filePrint(path: string): string {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat !== undefined) {
      return `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    }
  } catch {
    // A folder on the way that may not be entered, or a loop of links: there is no file.
  }
  return "-";
}
