/** A row of `COPY … (FORMAT binary)`, valid until the next one is read: nothing is copied. */
export interface BinaryRow {
  readonly bytes: Buffer;
  /** Where each field's bytes begin. */
  readonly offsets: readonly number[];
  /** How many they are; -1 for NULL. */
  readonly lengths: readonly number[];
}

/** A field's bytes; empty for NULL. */
export function fieldOf({ bytes, offsets, lengths }: BinaryRow, at: number): Buffer {
  const [offset = 0, length = 0] = [offsets[at], lengths[at]];
  return bytes.subarray(offset, offset + Math.max(0, length));
}

const SIGNATURE = Buffer.from("PGCOPY\n\u00ff\r\n\0", "latin1");
const HEADER_BYTES = SIGNATURE.length + 8;

/**
 * Reads PostgreSQL's binary COPY stream, as it comes in pieces. `onRow` is called for each row, synchronously. Throws a
 * `RangeError` for a stream that is none, or that has another number of fields.
 */
export function createBinaryRowReader(
  fields: number,
  onRow: (row: BinaryRow) => void,
): { push(chunk: Buffer): void; end(): void } {
  const offsets = Array.from({ length: fields }, () => 0);
  const lengths = Array.from({ length: fields }, () => 0);
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  let ended = false;

  /** Reads one row at `at`; returns where the next begins, or -1 when it is not all there. */
  function readRow(bytes: Buffer, at: number): number {
    if (at + 2 > bytes.length) {
      return -1;
    }
    const count = bytes.readInt16BE(at);
    if (count === -1) {
      ended = true;
      return bytes.length;
    }
    if (count !== fields) {
      throw new RangeError(`COPY gave ${count} fields, not ${fields}`);
    }
    let next = at + 2;
    for (let field = 0; field < fields; field += 1) {
      if (next + 4 > bytes.length) {
        return -1;
      }
      const length = bytes.readInt32BE(next);
      next += 4;
      offsets[field] = next;
      lengths[field] = length;
      if (length > 0) {
        next += length;
      }
    }
    if (next > bytes.length) {
      return -1;
    }
    onRow({ bytes, offsets, lengths });
    return next;
  }

  return {
    push(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      if (!started) {
        if (bytes.length < HEADER_BYTES) {
          rest = bytes;
          return;
        }
        if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) {
          throw new RangeError("not a binary COPY stream");
        }
        at = HEADER_BYTES + bytes.readInt32BE(HEADER_BYTES - 4);
        started = true;
      }
      while (!ended && at < bytes.length) {
        const next = readRow(bytes, at);
        if (next < 0) {
          break;
        }
        at = next;
      }
      rest = bytes.subarray(at);
    },
    end() {
      if (!ended) {
        throw new RangeError("the COPY stream was cut off");
      }
    },
  };
}
