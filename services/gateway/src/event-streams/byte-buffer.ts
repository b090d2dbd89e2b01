/** Bytes that arrive in pieces: copied into one buffer that grows, so that many small pieces cost no more than a few. */
export interface ByteBuffer {
  readonly length: number;
  append(bytes: Buffer): void;
  /** All of them; the buffer is empty afterwards. */
  take(): Buffer;
}

const SMALLEST = 256;
const EMPTY = Buffer.alloc(0);

export function createByteBuffer(): ByteBuffer {
  let bytes = EMPTY;
  const buffer = {
    length: 0,
    append(added: Buffer): void {
      const needed = buffer.length + added.length;
      if (needed > bytes.length) {
        const grown = Buffer.allocUnsafe(Math.max(SMALLEST, 2 * bytes.length, needed));
        bytes.copy(grown, 0, 0, buffer.length);
        bytes = grown;
      }
      added.copy(bytes, buffer.length);
      buffer.length = needed;
    },
    take(): Buffer {
      const taken = bytes.subarray(0, buffer.length);
      bytes = EMPTY;
      buffer.length = 0;
      return taken;
    },
  };
  return buffer;
}
