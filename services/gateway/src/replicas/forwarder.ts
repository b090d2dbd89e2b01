import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { Agent, request as send } from "undici";
import {
  holderIn,
  type ForwardedRequest,
  type ForwardedResponse,
  type ForwardFailure,
  type Forwarding,
} from "../domain/forwarding.ts";
import { isLoopback } from "@sark/observability/settings";
import type { Seal } from "@sark/shared-state";
import type { ReplicaObserver } from "./contract/observer.ts";
import type { ReplicaAddress, ReplicaDirectory } from "./directory.ts";
import {
  encodeForwarded,
  FORWARD_PATH,
  knockOf,
  KNOCK_HEADER,
  PROOF_HEADER,
  proofOf,
  REFUSED_HEADER,
} from "./wire.ts";

export interface Forwarder extends Forwarding {
  /** Requests that wait for it are given up. */
  vanished(replica: string): void;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 2_000;
/** Shorter than the receiver keeps a connection, so that none is used while it is being closed. */
const KEPT_MS = 10_000;

/** Errors of connections that were not made: nothing was sent. */
const NOT_REACHED = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

export function createForwarder(deps: {
  readonly seal: Seal;
  readonly id: string;
  readonly directory: Pick<ReplicaDirectory, "find" | "isLost">;
  readonly observer: ReplicaObserver;
}): Forwarder {
  const { seal, id, directory, observer } = deps;
  const agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    keepAliveTimeout: KEPT_MS,
    // How long it may take is known to the receiver, which governs it, and to the one who asks here.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  /** Ends what waits for a replica. */
  const waiting = new Map<string, Set<AbortController>>();

  async function reach(
    holder: string,
    address: ReplicaAddress,
    { signal, body, ...rest }: ForwardedRequest,
  ): Promise<ForwardedResponse | ForwardFailure> {
    const { hostname: host } = new URL(address.url);
    if (isLoopback(host) && address.machine !== hostname()) {
      return "not_offered";
    }
    const nonce = randomBytes(16).toString("base64url");
    const message = encodeForwarded(seal, holder, { time: Date.now(), nonce, request: rest }, body);
    const lost = new AbortController();
    const done = waitFor(holder, lost);
    try {
      const response = await send(`${address.url}${FORWARD_PATH}`, {
        method: "POST",
        headers: { "content-type": "application/octet-stream", [KNOCK_HEADER]: knockOf(seal, holder) },
        body: message,
        dispatcher: agent,
        signal: AbortSignal.any([signal, lost.signal]),
      });
      const { statusCode: status, headers, body: stream } = response;
      stream.once("close", done);
      stream.on("error", () => undefined);
      if (headers[PROOF_HEADER] !== proofOf(seal, nonce)) {
        // Another program has its address now.
        stream.destroy();
        return await lostOr(holder, "unreachable");
      }
      if (headers[REFUSED_HEADER] !== undefined) {
        stream.destroy();
        return "unreachable";
      }
      return { status, headers: endToEnd(headers), body: stream };
    } catch (error) {
      done();
      if (signal.aborted) {
        throw error;
      }
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ECONNREFUSED") {
        return lostOr(holder, "unreachable");
      }
      return NOT_REACHED.has(code ?? "") ? "unreachable" : "broken";
    }
  }

  /** Sessions end with their holder for good, and so not by what one connection says. */
  async function lostOr(holder: string, otherwise: ForwardFailure): Promise<ForwardFailure> {
    return (await directory.isLost(holder)) ? "lost" : otherwise;
  }

  function waitFor(holder: string, lost: AbortController): () => void {
    const those = waiting.get(holder) ?? new Set();
    waiting.set(holder, those.add(lost));
    return () => {
      those.delete(lost);
      if (those.size === 0 && waiting.get(holder) === those) {
        waiting.delete(holder);
      }
    };
  }

  return {
    holderOf(upstreamId) {
      const holder = holderIn(upstreamId);
      return holder === id ? null : holder;
    },
    async forward(holder, request) {
      const address = await directory.find(holder);
      const result =
        address === null
          ? "unreachable"
          : address === "lost"
            ? "lost"
            : await reach(holder, address, request);
      observer.forwarded(typeof result === "string" ? result : "passed");
      return result;
    },
    vanished(replica) {
      for (const one of waiting.get(replica) ?? []) {
        one.abort();
      }
    },
    close: () => agent.destroy(),
  };
}

/** Of this one connection, or made anew. */
const DROPPED = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "date",
  PROOF_HEADER,
]);

function endToEnd(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value !== "string" || DROPPED.has(name) ? [] : [[name, value]],
    ),
  );
}
