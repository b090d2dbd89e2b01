/** Exit codes of the command-line tools; `--help` lists them. */
export const EXIT = {
  ok: 0,
  /** The tool did its work, and what it looked at is not as it should be. */
  finding: 1,
  /** The command line cannot be understood. */
  usage: 2,
  /** What was to be looked at cannot be reached or read: nothing can be said of it. */
  unable: 3,
  /** There was nothing to look at, so that nothing can be said to be in order. */
  nothing: 4,
} as const;

/** Why a command ends other than well, with the code to end with. Its message is all that is shown. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** How a tool ends for what the command-line library itself finds: its own codes are negative. */
export interface FailureCodes {
  /** The command line cannot be understood. */
  readonly usage: number;
  /** A command failed in a way that it does not explain. */
  readonly unable: number;
}
