import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { LIVE_PROTOCOL } from "./protocol/names.ts";

/** A request that cannot become a WebSocket. */
export class HandshakeRefused extends Error {
  override readonly name = "HandshakeRefused";
  readonly kind: "upgrade_required" | "invalid";

  constructor(kind: HandshakeRefused["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Largest message of a client. Its first byte beyond ends the connection (1009). */
const MAX_MESSAGE_BYTES = 16 * 1024;

/** Throws `HandshakeRefused` where RFC 6455, section 4.2.1, asks for something else, or the protocol is not ours. */
export function checkHandshake({ headers }: IncomingMessage): void {
  if (headers.upgrade?.toLowerCase() !== "websocket" || headers["sec-websocket-version"] !== "13") {
    throw new HandshakeRefused("upgrade_required", "Connect with a WebSocket client (RFC 6455, version 13).");
  }
  if (!/^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "")) {
    throw new HandshakeRefused("invalid", "Sec-WebSocket-Key is missing or not valid.");
  }
  const protocols = protocolsOf(headers["sec-websocket-protocol"]);
  if (protocols.length > 0 && !protocols.includes(LIVE_PROTOCOL)) {
    throw new HandshakeRefused("invalid", `Offer ${LIVE_PROTOCOL} in Sec-WebSocket-Protocol.`);
  }
}

export function protocolsOf(header: string | undefined): readonly string[] {
  return header === undefined ? [] : header.split(",").map((name) => name.trim());
}

/** Responds to handshakes that were checked. Compression is off: nothing can be packed to be larger than it looks. */
export function createHandshakes(): {
  accept(
    connection: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
    accepted: (socket: WebSocket) => void,
  ): void;
} {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    // Pongs are sent where the client listens, too.
    autoPong: false,
    handleProtocols: () => LIVE_PROTOCOL,
  });
  server.on("headers", (headers, { correlationId }) => {
    headers.push(`X-Correlation-Id: ${correlationId ?? ""}`);
  });
  return {
    accept({ request, socket, head }, accepted) {
      server.handleUpgrade(request, socket, head, accepted);
    },
  };
}
