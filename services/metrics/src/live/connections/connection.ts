import { takeFrom, waitFor, type Bucket } from "@sark/scheduling";
import { createSequence } from "@sark/observability/waiting";
import type { WebSocket } from "ws";
import type { Feed } from "../feed/feed.ts";
import type { LiveObserver } from "../ports/observer.ts";
import { InvalidMessage, readClientMessage, type ClientMessage } from "../protocol/client-message.ts";
import { ENDINGS, type CloseReason, type Ending } from "../protocol/names.ts";
import type { ServerMessage } from "../protocol/server-message.ts";
import { subscribe, type Outlet, type Subscription } from "./subscription.ts";

/** What a client may cost once it is connected. */
export interface ConnectionLimits {
  readonly heartbeatMs: number;
  /** An update has to be taken within this time. */
  readonly stallMs: number;
}

/** One client. */
export interface LiveConnection {
  readonly tenant: string;
  /** By the process's clock, in milliseconds. */
  readonly openedAt: number;
  /** Whether what the client was authenticated by is still good. Rejects where that cannot be told now. */
  stillGood(): Promise<boolean>;
  /** To be called each second or so. */
  tick(now: number): void;
  /** Tells the client why, and where that is of use, when to come back. */
  end(ending: Ending, retryAfterMs?: number | null): void;
  /** At once. */
  cut(): void;
}

/** Messages and pings, from a client that says little once it has subscribed. */
const RATE = { requests: 10, periodMs: 1_000, burst: 100 };
/** Bytes between two heartbeats, whatever they are: frames without end are no messages. */
const MAX_BYTES = 256 * 1024;
/** What may wait to be sent beside an update. */
const MAX_WAITING_BYTES = 64 * 1024;
/** What the library says of a connection that ended without a close frame: the client, or the way to it, has failed. */
const WITHOUT_CLOSE_FRAME = 1006;
/** A client has this long to close its side. */
const CLOSE_MS = 2_000;

/** Serves a client until it leaves, breaks a rule, or is to leave. */
export function serveConnection(deps: {
  readonly socket: WebSocket;
  readonly tenant: string;
  readonly limits: ConnectionLimits;
  readonly observer: LiveObserver;
  /** The feed of the tenant, with its history. Called once, and followed by `leave`. */
  enter(): Promise<Feed>;
  leave(): void;
  stillGood(): Promise<boolean>;
  /** Bytes that came over the connection. */
  bytesRead(): number;
  closed(connection: LiveConnection): void;
}): LiveConnection {
  const { socket, tenant, limits, observer } = deps;
  const openedAt = performance.now();
  const bucket: Bucket = { fullAt: 0 };
  let reason: CloseReason | null = null;
  let subscription: Subscription | null = null;
  let feed: Promise<Feed> | null = null;
  /** Subscriptions are made one after the other. */
  const work = createSequence();
  let busySince: number | null = null;
  let heardAt = openedAt;
  let beatAt = openedAt;
  let bytesBefore = 0;

  function sendText(text: string): void {
    if (socket.readyState === socket.OPEN && socket.bufferedAmount <= MAX_WAITING_BYTES) {
      socket.send(text, ignore);
    }
  }

  const send = (message: ServerMessage) => sendText(JSON.stringify(message));

  const outlet: Outlet = {
    get isFree() {
      return busySince === null && socket.readyState === socket.OPEN;
    },
    send,
    sendUpdate(text, oldestAt) {
      busySince = performance.now();
      socket.send(text, (error) => {
        busySince = null;
        if (error === undefined || error === null) {
          observer.updateSent({
            tenant,
            seconds: oldestAt === null ? null : (Date.now() - oldestAt) / 1_000,
          });
          subscription?.offer();
        }
      });
    },
    dropped: (updates) => observer.updatesDropped({ tenant, updates }),
    resynced: (why) => observer.resynced({ tenant, reason: why }),
  };

  async function take(message: ClientMessage): Promise<void> {
    switch (message.type) {
      case "ping":
        send({ type: "pong", ...(message.id === undefined ? {} : { id: message.id }) });
        return;
      case "unsubscribe":
        subscription?.end();
        subscription = null;
        return;
      case "subscribe": {
        const of = await (feed ??= deps.enter());
        if (reason !== null) {
          return;
        }
        subscription?.end();
        subscription = subscribe(of, [...new Set(message.kpis)], message.resume, outlet);
        of.refresh();
        subscription.offer();
      }
    }
  }

  function refuse(error: unknown): void {
    const known = error instanceof InvalidMessage;
    const code = known ? error.code : "store_unavailable";
    observer.messageInvalid({ tenant, code });
    send({ type: "error", code, message: known ? error.message : "This cannot be had now; try again." });
  }

  /** `false`: it comes too fast, and the connection ends. */
  function isTaken(): boolean {
    const now = performance.now();
    heardAt = now;
    if (waitFor(bucket, RATE, now) > 0) {
      end("too_many_messages");
      return false;
    }
    takeFrom(bucket, RATE, now);
    return true;
  }

  function end(ending: Ending, retryAfterMs: number | null = null): void {
    if (reason !== null) {
      return;
    }
    reason = ending;
    subscription?.end();
    send({ type: "closing", code: ending, retry_after_ms: retryAfterMs });
    socket.close(ENDINGS[ending], ending);
    if (ending === "too_many_messages") {
      // What still comes is not even read.
      socket.pause();
    }
    const timer = setTimeout(() => socket.terminate(), ending === "slow_consumer" ? 0 : CLOSE_MS);
    socket.once("close", () => clearTimeout(timer));
  }

  const connection: LiveConnection = {
    tenant,
    openedAt,
    stillGood: deps.stillGood,
    end,
    cut: () => socket.terminate(),
    tick(now) {
      const bytes = deps.bytesRead();
      if (bytes - bytesBefore > MAX_BYTES) {
        // Not only at the next heartbeat: until then frames that are no messages could take the thread from all others.
        end("too_many_messages");
      } else if (busySince !== null && now - busySince > limits.stallMs) {
        end("slow_consumer");
      } else if (now - heardAt > 2 * limits.heartbeatMs) {
        end("heartbeat");
      } else if (now - beatAt >= limits.heartbeatMs) {
        beatAt = now;
        bytesBefore = bytes;
        if (socket.bufferedAmount === 0) {
          socket.ping();
        }
        sendText('{"type":"heartbeat"}');
      }
    },
  };

  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (reason !== null || !isTaken()) {
      return;
    }
    observer.messageReceived(tenant);
    if (isBinary) {
      end("binary_message");
      return;
    }
    let message: ClientMessage;
    try {
      message = readClientMessage(data.toString("utf8"));
    } catch (error) {
      refuse(error);
      return;
    }
    work.run(() => take(message)).catch(refuse);
  });
  socket.on("ping", (data: Buffer) => {
    // A client that asks and does not listen gets no more of them.
    if (reason === null && isTaken() && socket.bufferedAmount === 0) {
      socket.pong(data);
    }
  });
  socket.on("pong", () => (heardAt = performance.now()));
  // The library sends the close frame itself: 1002, 1007 or 1009.
  socket.on("error", (error: NodeJS.ErrnoException) => {
    reason ??= error.code?.startsWith("WS_ERR") === true ? "invalid_frame" : "connection_lost";
  });
  socket.on("close", (status: number) => {
    reason ??= status === WITHOUT_CLOSE_FRAME ? "connection_lost" : "client";
    subscription?.end();
    void feed?.finally(deps.leave).catch(ignore);
    observer.closed({ tenant, reason, seconds: (performance.now() - openedAt) / 1_000 });
    deps.closed(connection);
  });
  observer.opened(tenant);
  send({ type: "hello", heartbeat_ms: limits.heartbeatMs });
  return connection;
}

function ignore(): void {}
