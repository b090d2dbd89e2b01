import { JsonNumberError, parseJson } from "@sark/audit/json";
import { Agent, errors } from "undici";
import type { DecisionFault } from "../../domain/authorization.ts";

/** OPA gave no response that a decision could be read from. `code` is what the denial will say. */
export class OpaFault extends Error {
  override readonly name = "OpaFault";
  readonly code: DecisionFault;

  constructor(code: DecisionFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface OpaClientOptions {
  /** OPA's base address, e.g. `http://127.0.0.1:8181`. */
  readonly url: string;
  readonly timeoutMs: number;
  /** Most connections to OPA. */
  readonly connections: number;
  /** Most requests under way or waiting for a connection. */
  readonly maxPending: number;
  /** Bearer token of now, for an OPA that runs with `--authentication=token`. */
  token?(): string;
}

export interface OpaClient {
  /** Sends `body` (none: GET) to a path of OPA's; resolves to the parsed body of a 2xx, else throws `OpaFault`. */
  ask(path: string, body?: string, signal?: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

const MAX_RESPONSE_BYTES = 1024 * 1024;

export function createOpaClient(options: OpaClientOptions): OpaClient {
  const { timeoutMs, maxPending, token } = options;
  const base = options.url.replace(/\/+$/, "");
  const headers = { "content-type": "application/json", accept: "application/json" };
  const agent = new Agent({
    connections: options.connections,
    connect: { timeout: timeoutMs },
    maxResponseSize: MAX_RESPONSE_BYTES,
  });
  let pending = 0;

  async function send(path: string, body: string | undefined, signal: AbortSignal): Promise<unknown> {
    const url = new URL(base + path);
    const { statusCode, body: received } = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: body === undefined ? "GET" : "POST",
      headers: token === undefined ? headers : { ...headers, authorization: `Bearer ${token()}` },
      body: body ?? null,
      signal,
    });
    const text = await received.text();
    if (statusCode < 200 || statusCode > 299) {
      throw statusFault(statusCode);
    }
    return parse(text);
  }

  return {
    async ask(path, body, signal) {
      if (pending >= maxPending) {
        throw new OpaFault("policy_unavailable", `more than ${maxPending} decisions wait for OPA`);
      }
      pending++;
      const deadline = AbortSignal.timeout(timeoutMs);
      const whole = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
      try {
        return await send(path, body, whole).catch((error: unknown) => {
          // OPA may close an idle connection just as it is used; a question can be asked twice.
          if (!isLostConnection(error) || whole.aborted) {
            throw error;
          }
          return send(path, body, whole);
        });
      } catch (error) {
        throw toFault(error, deadline, timeoutMs);
      } finally {
        pending--;
      }
    },
    close: () => agent.destroy(),
  };
}

function parse(text: string): unknown {
  try {
    return parseJson(text, "any");
  } catch (cause) {
    if (cause instanceof JsonNumberError) {
      throw new OpaFault("policy_error", `OPA's response cannot be read: ${cause.message}`, { cause });
    }
    throw new OpaFault("policy_error", "OPA's response is not JSON", { cause });
  }
}

function statusFault(status: number): OpaFault {
  const unavailable = status === 429 || status === 502 || status === 503 || status === 504;
  return new OpaFault(
    unavailable ? "policy_unavailable" : "policy_error",
    `OPA responded with status ${status}`,
  );
}

function isLostConnection(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

function toFault(error: unknown, deadline: AbortSignal, timeoutMs: number): OpaFault {
  if (error instanceof OpaFault) {
    return error;
  }
  if (deadline.aborted || error instanceof errors.ConnectTimeoutError) {
    return new OpaFault("policy_timeout", `OPA did not respond within ${timeoutMs} ms`, { cause: error });
  }
  if (error instanceof errors.ResponseExceededMaxSizeError) {
    const problem = `OPA's response is larger than ${MAX_RESPONSE_BYTES} bytes`;
    return new OpaFault("policy_error", problem, { cause: error });
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof errors.HTTPParserError) {
    return new OpaFault("policy_error", `OPA's response is not HTTP (${message})`, { cause: error });
  }
  return new OpaFault("policy_unavailable", `OPA cannot be reached (${code ?? message})`, { cause: error });
}
