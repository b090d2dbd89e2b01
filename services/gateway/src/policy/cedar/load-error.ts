/** The folder's contents cannot be put in force: says which file, and where in it. */
export class PolicyLoadError extends Error {
  override readonly name = "PolicyLoadError";
  /** `null` where the folder as a whole is at fault. */
  readonly file: string | null;
  /** 1-based; `null` where no place can be named. */
  readonly line: number | null;

  constructor(place: { file: string | null; line?: number | null }, problem: string, options?: ErrorOptions) {
    const { file, line = null } = place;
    super(`${file === null ? "" : `${file}${line === null ? "" : `:${line}`}: `}${problem}`, options);
    this.file = file;
    this.line = line;
  }
}

/** 1-based line of a byte offset (UTF-8, as Cedar counts). */
export function lineAt(text: string, byteOffset: number): number {
  let line = 1;
  for (const byte of Buffer.from(text, "utf8").subarray(0, byteOffset)) {
    if (byte === 0x0a) {
      line++;
    }
  }
  return line;
}
