/** One value of DER (X.690): definite and minimal lengths, tags of one byte. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
}

export const TAG = {
  boolean: 0x01,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  sequence: 0x30,
  set: 0x31,
  /** `[n]` of constructed content, and of text. */
  constructed: (n: number): number => 0xa0 + n,
  primitive: (n: number): number => 0x80 + n,
} as const;

/** The values that the bytes consist of, to the last byte. Throws `RangeError` for what is not DER. */
export function readDer(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const { value, end } = readOne(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

/** The values within one that has this tag. Throws `RangeError` for another one, and where there is none. */
export function within(value: DerValue | undefined, tag: number): DerValue[] {
  return readDer(contentOf(value, tag));
}

export function contentOf(value: DerValue | undefined, tag: number): Buffer {
  if (value?.tag !== tag) {
    throw new RangeError("not what stands there in a certificate");
  }
  return value.content;
}

function readOne(bytes: Buffer, start: number): { readonly value: DerValue; readonly end: number } {
  const [tag, first] = [bytes[start], bytes[start + 1]];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) {
    throw new RangeError("not DER: tag or length");
  }
  let length = first;
  let at = start + 2;
  if (first >= 0x80) {
    const count = first - 0x80;
    if (count < 1 || count > 3 || at + count > bytes.length) {
      throw new RangeError("not DER: length");
    }
    length = bytes.readUIntBE(at, count);
    at += count;
    if (length < 0x80 || length < 256 ** (count - 1)) {
      throw new RangeError("not DER: length is not minimal");
    }
  }
  const end = at + length;
  if (end > bytes.length) {
    throw new RangeError("not DER: cut off");
  }
  return { value: { tag, content: bytes.subarray(at, end) }, end };
}
