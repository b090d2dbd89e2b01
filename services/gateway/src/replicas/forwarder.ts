import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { request as send } from "undici";
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
import { createConnections, NotConnected } from "./connect.ts";
import type { ReplicaTls } from "./tls-files.ts";
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

export function createForwarder(deps: {
  readonly seal: Seal;
  readonly id: string;
  readonly directory: Pick<ReplicaDirectory, "find" | "isLost">;
  /** `null`: requests are sealed, and bodies can be read on the way. */
  readonly tls: ReplicaTls | null;
  readonly observer: ReplicaObserver;
}): Forwarder {
  const { seal, id, directory, tls, observer } = deps;
  const connections = createConnections(tls);
  /** Ends what waits for a replica. */
  const waiting = new Map<string, Set<AbortController>>();

  async function reach(
    holder: string,
    address: ReplicaAddress,
    { signal, body, ...rest }: ForwardedRequest,
  ): Promise<ForwardedResponse | ForwardFailure> {
    const { hostname: host, protocol } = new URL(address.url);
    if (isLoopback(host) && address.machine !== hostname()) {
      return "not_offered";
    }
    // Never without TLS to one that has none, whatever its address says.
    if ((protocol === "https:") !== (tls !== null)) {
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
        dispatcher: connections.agent(),
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
      if (error instanceof NotConnected) {
        const isRefused = (error.cause as NodeJS.ErrnoException).code === "ECONNREFUSED";
        return isRefused ? lostOr(holder, "unreachable") : "unreachable";
      }
      return "broken";
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
    close: () => connections.close(),
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
