import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { retryAfterMs } from "@sark/observability/waiting";
import type { Attempt, AttemptResult, Message, SendMessage } from "./attempt.ts";
import { readResponse } from "./read-response.ts";
import type { ResolveName } from "./resolve.ts";
import { addressIn, targetProblem, type TargetRules } from "./target-url.ts";

const MAX_HEADER_BYTES = 16 * 1_024;

class Blocked extends Error {
  override readonly name = "Blocked";
}

export interface SendingOptions {
  readonly rules: TargetRules;
  readonly resolve: ResolveName;
  /** From the look-up of the name to the end of the response. */
  readonly timeoutMs: number;
  readonly userAgent: string;
  /** Authorities beside those that Node.js knows. */
  readonly ca?: string;
}

/**
 * Sends messages to receivers that tenants have named, and to no one else: each address of the name has to be allowed, and the
 * connection goes to one of those that were looked at, whatever the name resolves to a moment later. On a connection of its own:
 * what one tenant has opened is not there for another.
 */
export function createSending(options: SendingOptions): SendMessage {
  const { rules, resolve, timeoutMs } = options;

  async function addressesOf(hostname: string, signal: AbortSignal): Promise<readonly string[]> {
    const address = addressIn(hostname);
    const found = address === null ? await resolve(hostname, signal) : [address];
    if (!found.every((one) => rules.addresses.isAllowed(one))) {
      throw new Blocked(`${hostname} has an address that is not sent to`);
    }
    return found;
  }

  async function exchange({ url, headers, body }: Message, signal: AbortSignal): Promise<IncomingMessage> {
    if (targetProblem(url, rules) !== null) {
      throw new Blocked("this URL is not sent to");
    }
    const target = new URL(url);
    const addresses = await addressesOf(target.hostname, signal);
    const settings: RequestOptions = {
      method: "POST",
      headers: {
        ...headers,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": options.userAgent,
      },
      agent: false,
      lookup: only(addresses),
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    };
    const request = (target.protocol === "https:" ? httpsRequest : httpRequest)(target, settings);
    const response = readResponse(request);
    request.end(body);
    return response;
  }

  return async (message, ending) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([timeout, ending]);
    try {
      const response = await exchange(message, signal);
      // One that its connection ends is whole to Node when it is cut off in time.
      signal.throwIfAborted();
      const status = response.statusCode ?? 0;
      const isTaken = status >= 200 && status < 300;
      const wait = isTaken ? undefined : retryAfterMs(response.headers["retry-after"]);
      return { result: isTaken ? "delivered" : "rejected", status, retryAfterMs: wait ?? null };
    } catch (error) {
      return failed(error instanceof Blocked ? "blocked" : timeout.aborted ? "timeout" : "unreachable");
    }
  };
}

function failed(result: AttemptResult): Attempt {
  return { result, status: null, retryAfterMs: null };
}

/** Names resolve to what was looked at, and to nothing else. */
function only(addresses: readonly string[]): LookupFunction {
  return (_name, { all }, done) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = found;
    if (all === true) {
      done(null, found);
    } else {
      done(null, first?.address ?? "", first?.family);
    }
  };
}
