/** One value of DER (X.690), definite and minimal lengths, single-byte tags. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly bytes: Buffer;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 0x18,
  /** `[n]`, constructed. */
  context: (n: number): number => 0xa0 + n,
} as const;

export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) {
    length.unshift(rest % 256);
  }
  const header = content.length < 0x80 ? [tag, content.length] : [tag, 0x80 + length.length, ...length];
  return Buffer.concat([Buffer.from(header), content]);
}

/** The values that the bytes consist of, to the last byte; throws a `RangeError` for anything that is not DER. */
export function readDer(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const value = readOne(bytes, at);
    values.push(value);
    at += value.bytes.length;
  }
  return values;
}

function readOne(bytes: Buffer, start: number): DerValue {
  const [tag = 0, first] = [bytes[start], bytes[start + 1]];
  if (first === undefined || (tag & 0x1f) === 0x1f) {
    throw new RangeError("not DER: tag or length is missing");
  }
  let length = first;
  let at = start + 2;
  if (first >= 0x80) {
    const count = first - 0x80;
    if (count < 1 || count > 4 || at + count > bytes.length) {
      throw new RangeError("not DER: bad length");
    }
    length = bytes.readUIntBE(at, count);
    at += count;
    if (length < 0x80 || length < 256 ** (count - 1)) {
      throw new RangeError("not DER: length is not minimal");
    }
  }
  if (at + length > bytes.length) {
    throw new RangeError("not DER: cut off");
  }
  return { tag, content: bytes.subarray(at, at + length), bytes: bytes.subarray(start, at + length) };
}

/** Encodes `1.2.840.…`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const groups = [first * 40 + second, ...rest].flatMap((arc) => {
    const group = [arc % 128];
    for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128)) {
      group.unshift(128 + (more % 128));
    }
    return group;
  });
  return der(TAG.oid, Buffer.from(groups));
}

/** A positive integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  const significant = bytes.findIndex((byte) => byte !== 0);
  const trimmed = significant < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(significant));
  const padded = (trimmed[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed;
  return der(TAG.integer, padded);
}
