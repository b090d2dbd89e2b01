import { FIELD_LIST } from "../../events/field-list.ts";
import { parseJson } from "../../json/parse-json.ts";
import type { EventRow } from "./read-events.ts";

/** Columns of the CSV export: place, the event's fields, proof. */
const CSV_COLUMNS = ["seq", ...FIELD_LIST.map(({ name }) => name), "leaf_hash"];

export const CSV_HEAD = `${CSV_COLUMNS.join(",")}\r\n`;

/** One line of RFC 4180. */
export function csvLine({ seq, canonical, leafHash }: EventRow): string {
  const fields: Record<string, unknown> = {
    ...(parseJson(canonical.toString("utf8"), "any") as object),
    seq,
    leaf_hash: leafHash.toString("hex"),
  };
  return `${CSV_COLUMNS.map((column) => cell(fields[column])).join(",")}\r\n`;
}

function cell(value: unknown): string {
  if (value === undefined || value === null) {
    return "";
  }
  if (typeof value === "number") {
    return String(value);
  }
  const text = inert(typeof value === "string" ? value : JSON.stringify(value));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Spreadsheets run cells that begin like a formula (OWASP, CSV injection); an apostrophe makes them text. Where the
 * system's list separator is not the comma, a cell also begins behind that one, quoted or not, and behind a line end.
 */
function inert(text: string): string {
  const begun = /^[\t\r\n]/.test(text) ? `'${text}` : text;
  return begun.replace(/(^|[;|\t\r\n])(\s*)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g, "$1$2'");
}
