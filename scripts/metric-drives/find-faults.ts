import type { Catalog } from "@sark/observability/metrics";
import type { DriveNote } from "@sark/testkit/metric-drives";
import type { ServiceDrives } from "./drives.ts";

/** A test file of a run. */
export interface RanFile {
  readonly file: string;
  /** Every test of it ran, and passed: what it did not move, it does not drive. */
  readonly complete: boolean;
  readonly notes: readonly DriveNote[];
}

/** How many files a message names at most. */
const NAMED = 3;

/**
 * Metrics that the file named for them has not moved, one sentence each (MET-12). Files that did not run, or not wholly,
 * prove nothing and are not asked, unless `all` ran: then a file that is not there is a fault, too.
 */
export function unmovedMetrics(
  { service, drives }: ServiceDrives,
  ran: readonly RanFile[],
  all: boolean,
): string[] {
  const byFile = new Map(ran.map((one) => [one.file, one]));
  const moves = ({ notes }: RanFile, metric: string) =>
    notes.some((note) => note.service === service && note.moved.includes(metric));
  return Object.entries(drives).flatMap(([metric, file]) => {
    const driver = byFile.get(file);
    if (driver === undefined) {
      return all ? [`${metric}: ${file}, which is named for it, is not among the tests`] : [];
    }
    if (!driver.complete || moves(driver, metric)) {
      return [];
    }
    const others = ran.filter((one) => moves(one, metric)).map((one) => one.file);
    const hint = others.length === 0 ? "" : `; moved by ${others.slice(0, NAMED).join(", ")}`;
    return [`${metric}: ${file}, which is named for it, does not move it${hint}`];
  });
}

/** What a service recorded otherwise than its catalog says, one sentence each, whichever tests ran. */
export function strayRecordings(catalog: Catalog, ran: readonly RanFile[]): string[] {
  const strays = ran.flatMap(({ file, notes }) =>
    notes.flatMap(({ moved, folded, refused }) => [
      ...moved
        .filter((name) => !Object.hasOwn(catalog, name))
        .map((name) => `${name}: is in no catalog (${file})`),
      // Beyond its bound a label is meant to be folded.
      ...folded
        .filter(({ metric, label }) => catalog[metric]?.labels?.[label]?.kind === "oneOf")
        .map(({ metric, label }) => `${metric}: its label ${label} got a value that is not listed (${file})`),
      ...refused.map((name) => `${name}: got a value that is no number, or could not be read (${file})`),
    ]),
  );
  return [...new Set(strays)].toSorted();
}
