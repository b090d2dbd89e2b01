/** The contents of a folder, or of what stands for one, cannot be put in force: says which file, and where in it. */
export class PolicyLoadError extends Error {
  override readonly name = "PolicyLoadError";
  /** What is wrong, without the place. */
  readonly problem: string;
  /** `null` where the folder as a whole is at fault. */
  readonly file: string | null;
  /** 1-based; `null` where no place can be named. */
  readonly line: number | null;

  constructor(place: { file: string | null; line?: number | null }, problem: string, options?: ErrorOptions) {
    const { file, line = null } = place;
    super(`${file === null ? "" : `${file}${line === null ? "" : `:${line}`}: `}${problem}`, options);
    this.problem = problem;
    this.file = file;
    this.line = line;
  }
}

/** Several at once: the message is that of the first one, which is the `cause`. */
export class PolicyLoadErrors extends PolicyLoadError {
  readonly errors: readonly PolicyLoadError[];

  constructor(first: PolicyLoadError, others: readonly PolicyLoadError[]) {
    super({ file: null }, `${first.message} (and ${others.length} more)`, { cause: first });
    this.errors = [first, ...others];
  }
}

/** Throws what there is: nothing, one, or all together. */
export function throwAny([first, ...others]: readonly PolicyLoadError[]): void {
  if (first !== undefined) {
    throw others.length === 0 ? first : new PolicyLoadErrors(first, others);
  }
}

/** 1-based line of a byte offset (UTF-8, as Cedar counts). */
export function lineAt(text: string, byteOffset: number): number {
  const before = Buffer.from(text, "utf8").subarray(0, byteOffset);
  let line = 1;
  for (let at = before.indexOf(0x0a); at !== -1; at = before.indexOf(0x0a, at + 1)) {
    line++;
  }
  return line;
}
