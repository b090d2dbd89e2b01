import { CommandError, EXIT } from "../exit-code.ts";

/**
 * Why a source gave no response that a command can use: `unreachable`, nothing took the request or responded in time;
 * `failing`, it responded with a fault of its own (HTTP 5xx); `refused`, with another error; `unclear`, with what no
 * such source says, or nothing can be said of it from here.
 */
export type SourceFault = "unreachable" | "failing" | "refused" | "unclear";

export class SourceError extends CommandError {
  readonly fault: SourceFault;
  /** Of the response, where there was one with an error. */
  readonly status: number | null;

  constructor(
    fault: SourceFault,
    message: string,
    options: { cause?: unknown; exitCode?: number; status?: number } = {},
  ) {
    super(options.exitCode ?? EXIT.unable, message, options);
    this.fault = fault;
    this.status = options.status ?? null;
  }
}

/** What the system says of a host that is known and does not serve. Names that do not resolve are not among them. */
const UNREACHABLE =
  /^(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ETIMEDOUT|EPIPE)$/;

/** An exchange that failed, in words for people. `within` is its time limit, as people write it. */
export function explainFailure(
  cause: unknown,
  { name, url }: { readonly name: string; readonly url: string },
  within: string,
): SourceError {
  if ((cause as Error).name === "TimeoutError") {
    return new SourceError("unreachable", `No ${name} responds at ${url} (not within ${within}).`, {
      cause,
    });
  }
  const { cause: reason } = cause as { cause?: unknown };
  const { code, message } = (reason ?? cause) as NodeJS.ErrnoException;
  const fault = UNREACHABLE.test(String(code)) ? "unreachable" : "unclear";
  return new SourceError(fault, `No ${name} responds at ${url} (${inWords(code, message)}).`, { cause });
}

/** Codes of the system can be looked up; those of the HTTP library say nothing to people. */
function inWords(code: string | number | undefined, message: string): string {
  if (typeof code !== "string") {
    return message;
  }
  return /^(?:HPE_|ECONNRESET$)/.test(code) ? "it closed the connection, or does not speak HTTP" : code;
}
