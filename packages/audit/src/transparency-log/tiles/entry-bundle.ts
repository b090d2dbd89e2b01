import { TransparencyLogError } from "../errors.ts";

/** The longest entry that a bundle can hold: its length is a uint16. */
export const MAX_BUNDLED_ENTRY = 65_535;

/** An entry bundle of C2SP tlog-tiles: each entry behind its length, big-endian in two bytes. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry, position) => {
      if (entry.length > MAX_BUNDLED_ENTRY) {
        throw new TransparencyLogError(
          "malformed_tile",
          `Entry ${position} has ${entry.length} bytes; a bundle holds at most ${MAX_BUNDLED_ENTRY}.`,
        );
      }
      const length = Buffer.alloc(2);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** Throws `malformed_tile` unless the bytes are whole entries to the end. */
export function decodeEntryBundle(bundle: Uint8Array): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bundle.length) {
    const end = at + 2 <= bundle.length ? at + 2 + view.getUint16(at) : Number.POSITIVE_INFINITY;
    if (end > bundle.length) {
      throw new TransparencyLogError("malformed_tile", `The bundle ends within entry ${entries.length}.`);
    }
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
