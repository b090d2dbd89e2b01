import { dirname, join, normalize } from "node:path";
import type { ServiceDrives } from "./drives.ts";

/** Reads a file of the repository; `null` where there is none. */
export type ReadFile = (file: string) => string | null;

/** Where the packages of the repository keep what their tests start. */
const TESTING: Readonly<Record<string, string>> = {
  "@sark/metrics-service/testing": "services/metrics/src/testing/index.ts",
};

/**
 * What is wrong with the files that are named for metrics, one sentence each, without running any (MET-12): a file that is
 * not there, is no test, or notes nothing of the service, by itself or by what it imports to start it.
 */
export function unreachableDrives({ service, drives }: ServiceDrives, read: ReadFile): string[] {
  const notes = new RegExp(`\\bnote(?:Drive|Exposition)\\(\\s*"${service}"`);
  const problems = new Map<string, string | null>();
  return Object.entries(drives).flatMap(([metric, file]) => {
    if (!problems.has(file)) {
      problems.set(file, problemOf(file, notes, read));
    }
    const problem = problems.get(file);
    return problem === null ? [] : [`${metric}: ${file}, which is named for it, ${problem}`];
  });
}

function problemOf(file: string, notes: RegExp, read: ReadFile): string | null {
  if (read(file) === null) {
    return "does not exist";
  }
  if (!file.endsWith(".test.ts")) {
    return "is no test";
  }
  return reaches(file, notes, read, new Set()) ? null : "drives nothing of the service (noteDrive)";
}

function reaches(file: string, notes: RegExp, read: ReadFile, seen: Set<string>): boolean {
  if (seen.has(file)) {
    return false;
  }
  seen.add(file);
  const text = read(file);
  if (text === null) {
    return false;
  }
  return (
    notes.test(text) ||
    [...text.matchAll(/\bfrom "([^"]+)"/g)]
      .map(([, specifier = ""]) => resolve(file, specifier))
      .some((imported) => imported !== null && reaches(imported, notes, read, seen))
  );
}

function resolve(file: string, specifier: string): string | null {
  return specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : (TESTING[specifier] ?? null);
}
