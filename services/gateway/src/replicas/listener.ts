import type { IncomingMessage, ServerResponse } from "node:http";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ForwardedRequest } from "../domain/forwarding.ts";
import { createSeenNonces, type Seal } from "@sark/shared-state";
import type { ReplicaObserver } from "./contract/observer.ts";
import { openServer } from "./open-server.ts";
import type { ReplicaTls } from "./tls-files.ts";
import {
  decodeForwarded,
  FORWARD_PATH,
  knockOf,
  KNOCK_HEADER,
  PROOF_HEADER,
  proofOf,
  REFUSED_HEADER,
  type Envelope,
} from "./wire.ts";

/** What takes requests that other replicas pass on. */
export interface ForwardListener {
  /** `http://address:port`. */
  readonly port: number;
  /** Takes no further ones; those in flight have so long. */
  close(timeoutMs: number): Promise<void>;
}

export interface HandledResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | Readable | null;
  readonly taken?: (() => void) | undefined;
}

/** Clocks of replicas may differ by so much, and a request may be under way as long. */
const MAX_AGE_MS = 60_000;
/** Of the envelope: headers, and what is known of the caller. */
const MAX_ENVELOPE_BYTES = 256 * 1024;

export async function listenForForwarded(options: {
  readonly host: string;
  readonly port: number;
  readonly id: string;
  readonly seal: Seal;
  /** `null`: plain. */
  readonly tls: ReplicaTls | null;
  readonly maxBodyBytes: number;
  readonly maxConnections: number;
  readonly observer: ReplicaObserver;
  handle(request: ForwardedRequest): Promise<HandledResponse>;
}): Promise<ForwardListener> {
  const { id, seal, observer } = options;
  const knock = knockOf(seal, id);
  const nonces = createSeenNonces(2 * MAX_AGE_MS);
  const server = openServer(
    options.tls,
    (request, response) => void serve(request, response).catch(() => response.destroy()),
    refuse,
  );
  server.maxConnections = options.maxConnections;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isForwarded =
      request.method === "POST" && request.url === FORWARD_PATH && request.headers[KNOCK_HEADER] === knock;
    const message = isForwarded ? await read(request, options.maxBodyBytes + MAX_ENVELOPE_BYTES) : null;
    const decoded = message === null ? null : decodeForwarded(seal, id, message);
    if (decoded === null) {
      refuse(response);
      return;
    }
    const { envelope, body } = decoded;
    const proof = { [PROOF_HEADER]: proofOf(seal, envelope.nonce) };
    const problem = problemOf(envelope);
    if (problem !== null) {
      observer.refused(problem);
      response.writeHead(409, { ...proof, [REFUSED_HEADER]: problem }).end();
      return;
    }
    await respond(
      response,
      proof,
      await options.handle({ ...envelope.request, body, signal: leaves(response) }),
    );
  }

  /** Nothing is said to who does not prove anything. */
  function refuse(response: ServerResponse): void {
    observer.refused("not_authentic");
    response.writeHead(421, { connection: "close" }).end();
  }

  function problemOf({ time, nonce }: Envelope): "stale" | "repeated" | null {
    if (Math.abs(Date.now() - time) > MAX_AGE_MS) {
      return "stale";
    }
    return nonces.isNew(nonce) ? null : "repeated";
  }

  // A worker's own: others have theirs.
  server.listen({ host: options.host, port: options.port, exclusive: true });
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    async close(timeoutMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const deadline = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed;
      clearTimeout(deadline);
    },
  };
}

/** `null` for what is too large. */
async function read(request: IncomingMessage, max: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > max) {
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Aborted when the other replica does not wait any more: its client has left. */
function leaves(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) {
      controller.abort();
    }
  });
  return controller.signal;
}

async function respond(
  response: ServerResponse,
  proof: Readonly<Record<string, string>>,
  { status, headers, body, taken }: HandledResponse,
): Promise<void> {
  if (response.destroyed) {
    taken?.();
  } else if (taken !== undefined) {
    response.once("close", taken);
  }
  if (!(body instanceof Readable)) {
    response.writeHead(status, { ...headers, ...proof }).end(body ?? undefined);
    return;
  }
  if (response.destroyed) {
    body.destroy();
    return;
  }
  response.writeHead(status, { ...headers, ...proof });
  response.flushHeaders();
  await pipeline(body, response);
}
