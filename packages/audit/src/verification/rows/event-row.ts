import { COLUMNS } from "./columns.ts";

/** What a row of the table of events is selected with, in the order in which it is read. */
export const EVENT_FIELDS = ["seq", "canonical", "leaf_hash", ...COLUMNS.map(([name]) => name)];
/** As SQL: in the types that are read here, whatever type the columns were given. */
export const EVENT_SELECTION = [
  "seq::bigint, canonical::bytea, leaf_hash::bytea",
  ...COLUMNS.map(([name, type]) => `"${name}"::${type}`),
].join(", ");

/** Places of fields. */
export const [SEQ, CANONICAL, LEAF_HASH, FIRST_COLUMN] = [0, 1, 2, 3] as const;
export const [ID, TIMESTAMP, PAYLOADS] = ["id", "timestamp", "payloads"].map((name) =>
  EVENT_FIELDS.indexOf(name),
) as [number, number, number];
