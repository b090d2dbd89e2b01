import { isSeqRange, type SeqRange } from "../../signed-records/seq-range.ts";

/** Numbers that will be missing from the table. */
export interface PurgedRanges {
  readonly ranges: readonly SeqRange[];
  /** They are not all: there were more than a record names. */
  readonly isPartial: boolean;
  /** How many events earlier purges dropped whose records go now, so that this one has to tell of them. */
  readonly earlierRows: number;
  /** What unsigned records say that are dropped now: for verifiers that trust such records up to a number. */
  readonly unsigned: UnsignedPurges | null;
}

/** As it stands in a record. */
export interface UnsignedPurges {
  /** The records themselves stood below this number. */
  readonly before: number;
  readonly seq_ranges: readonly SeqRange[];
  readonly all_ranges_named: boolean;
  readonly rows: number;
}

/** What an earlier purge said in its record. */
export interface EarlierRecord {
  readonly rows?: unknown;
  readonly earlier_rows?: unknown;
  readonly seq_ranges?: unknown;
  readonly all_ranges_named?: unknown;
  readonly unsigned?: unknown;
}

/** A record of the older kind, or a forged one: the verifier has to decide which. */
export interface UnsignedRecord {
  readonly seq: number;
  readonly said: EarlierRecord;
}

/** The most ranges that a record names; rows far out of order could have one each. */
export const MAX_RANGES = 200;

/** What is dropped now, together with what the records among it say was dropped before. */
export function joinPurged(
  own: readonly SeqRange[],
  earlier: readonly EarlierRecord[],
  unsigned: readonly UnsignedRecord[] = [],
): PurgedRanges {
  const told = earlier.flatMap(({ seq_ranges: ranges }) =>
    Array.isArray(ranges) ? ranges.filter(isSeqRange) : [],
  );
  const joined = mergeRanges([...own, ...told]);
  const isPartial =
    own.length > MAX_RANGES ||
    joined.length > MAX_RANGES ||
    earlier.some(({ all_ranges_named: all }) => all === false);
  return {
    ranges: joined.length > MAX_RANGES ? largest(joined) : joined,
    isPartial,
    earlierRows: earlier.reduce((sum, record) => sum + count(record.rows) + count(record.earlier_rows), 0),
    unsigned: joinUnsigned(
      unsigned,
      earlier.flatMap(({ unsigned }) => (isUnsigned(unsigned) ? [unsigned] : [])),
    ),
  };
}

/** Kept apart: the signature of the record that passes it on must not vouch for it. */
function joinUnsigned(
  records: readonly UnsignedRecord[],
  passedOn: readonly UnsignedPurges[],
): UnsignedPurges | null {
  if (records.length === 0 && passedOn.length === 0) {
    return null;
  }
  const { ranges, isPartial, earlierRows } = joinPurged(
    [],
    [...records.map(({ said }) => ({ ...said, unsigned: undefined })), ...passedOn],
  );
  const ends = [...records.map(({ seq }) => seq + 1), ...passedOn.map((one) => one.before)];
  // Not spread into `Math.max`: forged records may be more than a call takes arguments.
  const before = ends.reduce((most, end) => Math.max(most, end), 0);
  return { before, seq_ranges: ranges, all_ranges_named: !isPartial, rows: earlierRows };
}

function isUnsigned(value: unknown): value is UnsignedPurges {
  return (
    typeof value === "object" &&
    value !== null &&
    Number.isSafeInteger((value as { before?: unknown }).before)
  );
}

function mergeRanges(ranges: readonly SeqRange[]): SeqRange[] {
  const merged: [number, number][] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) {
      before[1] = Math.max(before[1], last);
    } else {
      merged.push([first, last]);
    }
  }
  return merged;
}

function largest(ranges: readonly SeqRange[]): SeqRange[] {
  return ranges
    .toSorted((a, b) => b[1] - b[0] - (a[1] - a[0]))
    .slice(0, MAX_RANGES)
    .toSorted((a, b) => a[0] - b[0]);
}

function count(rows: unknown): number {
  return typeof rows === "number" ? rows : 0;
}
