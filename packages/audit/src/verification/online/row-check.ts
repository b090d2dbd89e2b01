import { isCanonicalEvent } from "../../json/has-one-reading.ts";
import { parseJson } from "../../json/parse-json.ts";
import { fieldOf, type BinaryRow } from "../rows/binary-rows.ts";
import { createCanonicalMatch } from "../rows/canonical-match.ts";
import { columnsAgree, differences, type EventFields } from "../rows/columns.ts";
import { CANONICAL, FIRST_COLUMN, LEAF_HASH } from "../rows/event-row.ts";
import type { Contradiction } from "./contradiction.ts";

/** A row that contradicts itself, or what the tiles have at its place. */
export type RowContradiction = Pick<
  Contradiction,
  "id" | "actual" | "leafColumnDiffers" | "unreadable" | "columns"
>;

/** What is found of one row by itself; `null`: it is what the log wrote. */
export type RowFinding =
  | { readonly contradiction: RowContradiction }
  /** It agrees with itself, and two readers may read it in two ways. */
  | { readonly ambiguous: { readonly id: string } }
  | null;

/**
 * Holds a row's columns, its canonical bytes and their hash against each other.
 *
 * `actual`: the leaf hash of the row's bytes; `expected`: what the tiles have at its place, `null` where they have nothing
 */
export function createRowCheck(): (
  row: BinaryRow,
  actual: Buffer,
  expected: Uint8Array | null,
) => RowFinding {
  const matchCanonical = createCanonicalMatch();
  return (row, actual, expected) => {
    const leafColumnDiffers = !fieldOf(row, LEAF_HASH).equals(actual);
    const hashAgrees = !leafColumnDiffers && (expected === null || actual.equals(expected));
    if (hashAgrees && matchCanonical(row, CANONICAL, FIRST_COLUMN)) {
      return null;
    }
    const canonical = fieldOf(row, CANONICAL);
    const event = parseEvent(canonical);
    if (hashAgrees && event !== null && columnsAgree(row, FIRST_COLUMN, event)) {
      return isCanonicalEvent(event, canonical) ? null : { ambiguous: { id: idOf(row) } };
    }
    return {
      contradiction: {
        id: idOf(row),
        actual,
        leafColumnDiffers,
        unreadable: event === null,
        columns: event === null ? [] : differences(row, FIRST_COLUMN, event),
      },
    };
  };
}

function parseEvent(canonical: Buffer): EventFields | null {
  try {
    const event = parseJson(canonical.toString("utf8"), "any");
    return typeof event === "object" && event !== null ? (event as EventFields) : null;
  } catch {
    return null;
  }
}

/** The id that the row has now, whatever it had. */
function idOf(row: BinaryRow): string {
  const [difference] = differences(row, FIRST_COLUMN, {});
  return String(difference?.stored);
}
