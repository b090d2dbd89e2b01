import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

export interface CurlOptions {
  /** Makes it a POST. */
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM file of the authority to trust. */
  readonly authorityFile?: string;
  readonly timeoutSeconds?: number;
}

export interface CurlResponse {
  /** `null` where no whole response came. */
  readonly status: number | null;
  readonly body: string;
  /** The body as JSON, or `null`. */
  readonly json: unknown;
  /** curl's exit code and words, or `null` when it succeeded. */
  readonly failure: string | null;
}

/** One request by a client that is not ours: the receivers are checked by it. */
export async function curl(url: string, options: CurlOptions = {}): Promise<CurlResponse> {
  const { body, headers = {}, authorityFile, timeoutSeconds = 20 } = options;
  const child = spawn("curl", [
    "--silent",
    "--show-error",
    "--max-time",
    String(timeoutSeconds),
    "--write-out",
    "\n%{http_code}",
    ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    ...(authorityFile === undefined ? [] : ["--cacert", authorityFile]),
    ...(body === undefined ? [] : ["--data-binary", "@-"]),
    url,
  ]);
  child.stdin.on("error", () => undefined);
  child.stdin.end(body);
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", reject);
  });
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  const end = output.lastIndexOf("\n");
  const content = output.slice(0, end);
  return {
    status: code === 0 ? Number(output.slice(end + 1)) : null,
    body: content,
    json: parse(content),
    failure: code === 0 ? null : `${code} ${errors.trim()}`,
  };
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}
