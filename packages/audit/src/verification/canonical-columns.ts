import type { BinaryRow } from "./binary-rows.ts";
import { COLUMNS, EPOCH_MS, formatUuid } from "./columns.ts";

/**
 * Writes the canonical bytes anew from a row's columns, which is quicker than to read the stored ones: when both are the
 * same, so is what they say. As a string of a character per byte; `null` for rows that need a closer look.
 */
export type WriteCanonical = (row: BinaryRow, first: number) => string | null;

/** In the order of RFC 8785. */
const FIELDS = COLUMNS.map(([name, type], at) => ({ key: `"${name}":`, name, type, at })).toSorted((a, b) =>
  a.name < b.name ? -1 : 1,
);

// oxlint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]*$/;

/** With what was made last for each column: most rows repeat it. */
export function createCanonicalWriter(): WriteCanonical {
  const lastJson = new Map<number, { readonly text: string; readonly canonical: string }>();
  const lastSecond = new Map<number, { readonly second: number; readonly text: string }>();

  function json(at: number, text: string): string {
    const last = lastJson.get(at);
    if (last?.text === text) return last.canonical;
    const canonical = JSON.stringify(sortKeys(JSON.parse(text)));
    const image = ASCII.test(canonical) ? canonical : Buffer.from(canonical).toString("latin1");
    lastJson.set(at, { text, canonical: image });
    return image;
  }

  function time(at: number, bytes: Buffer, offset: number): string | null {
    const micros = bytes.readInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4);
    // Beyond 2285 doubles are not exact, before 2000 the remainder is negative.
    if (!Number.isSafeInteger(micros) || micros < 0) return null;
    const second = Math.floor(micros / 1_000_000);
    let last = lastSecond.get(at);
    if (last?.second !== second) {
      last = { second, text: new Date(second * 1_000 + EPOCH_MS).toISOString().slice(0, 20) };
      lastSecond.set(at, last);
    }
    return `"${last.text}${String(micros - second * 1_000_000).padStart(6, "0")}Z"`;
  }

  return ({ bytes, offsets, lengths, end }, first) => {
    const begin = offsets[first] ?? 0;
    const row = bytes.toString("latin1", begin, end);
    let canonical = "";
    for (const { key, type, at } of FIELDS) {
      const length = lengths[first + at] ?? -1;
      if (length < 0) continue;
      const offset = offsets[first + at] ?? 0;
      let value: string | null;
      if (type === "text") {
        const text = row.slice(offset - begin, offset - begin + length);
        // What JSON writes otherwise than as it is would have to be escaped, and must not pass for JSON itself.
        value = text.includes('"') || text.includes("\\") ? null : `"${text}"`;
      } else if (type === "uuid") value = `"${formatUuid(bytes.toString("hex", offset, offset + length))}"`;
      else if (type === "timestamptz") value = time(at, bytes, offset);
      else if (type === "jsonb") value = json(at, bytes.toString("utf8", offset + 1, offset + length));
      else value = String(bytes.readDoubleBE(offset));
      if (value === null) return null;
      canonical += (canonical === "" ? "{" : ",") + key + value;
    }
    return `${canonical}}`;
  };
}

/**
 * Enough of RFC 8785 for what comes out of `jsonb`, in half the time. Keys that are whole numbers, or
 * "__proto__", come out otherwise: such a row then only gets its closer look.
 */
function sortKeys(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sortKeys);
  const sorted: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort())
    sorted[key] = sortKeys((value as Record<string, unknown>)[key]);
  return sorted;
}
