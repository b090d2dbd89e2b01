import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { connect, TLSSocket } from "node:tls";
import { onDatabaseConnection } from "@sark/audit/telemetry";
import { periodOf } from "./read-periods.ts";
import type { CertificateInUse, Period } from "./standing.ts";

/** The certificates that servers have shown to this process. */
export interface PeerCertificates {
  list(): CertificateInUse[];
  /** Looks at a peer's certificate of now, where that was not done for a while. A peer that is away is forgotten: what depends on it says so. */
  lookAgain(name: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

interface Peer {
  readonly host: string;
  readonly port: number;
  readonly serverName: string | null;
  readonly period: Period;
  /** By the process's clock, in milliseconds. */
  readonly seenAt: number;
}

/** Node.js tells of each connection that this process begins, whatever library begins it. */
const BEGUN = "net.client.socket";
/** Peers come from the configuration; one that responds from ever new addresses must not fill the memory. */
const MAX_PEERS = 500;
const LOOK_AGAIN_MS = 3_600_000;

/**
 * Watches TLS connections of this process to others: to MCP servers, databases, Redis, issuers, receivers. Peers that were
 * not accepted do not count: what depends on them says so. A second look takes the dates of what responds there: whether it
 * is the peer is for the next connection that is used.
 */
export function watchPeers(options: { readonly lookAgainMs?: number } = {}): PeerCertificates {
  const { lookAgainMs = LOOK_AGAIN_MS } = options;
  const peers = new Map<string, Peer>();

  function begun(message: unknown): void {
    const { socket } = message as { readonly socket: unknown };
    // A connection that goes over to TLS later, as that to a database, is told by who begins it.
    if (socket instanceof TLSSocket) {
      socket.once("secureConnect", () => seen(socket));
    }
  }

  function seen(socket: TLSSocket): void {
    const certificate = socket.getPeerX509Certificate();
    const { remoteAddress: host, remotePort: port } = socket;
    if (certificate === undefined || host === undefined || port === undefined) {
      return;
    }
    const shown = (socket as { readonly servername?: unknown }).servername;
    const serverName = typeof shown === "string" && shown !== "" ? shown : null;
    const name = `${serverName ?? (host.includes(":") ? `[${host}]` : host)}:${port}`;
    peers.delete(name);
    if (peers.size >= MAX_PEERS) {
      const [oldest = ""] = peers.keys();
      peers.delete(oldest);
    }
    peers.set(name, { host, port, serverName, period: periodOf(certificate), seenAt: performance.now() });
  }

  subscribe(BEGUN, begun);
  const ignoreDatabase = onDatabaseConnection((stream) => {
    if (stream instanceof TLSSocket) {
      seen(stream);
    }
  });
  return {
    list: () => [...peers].map(([name, { period }]) => ({ name, role: "peer", periods: [period] })),
    async lookAgain(name, signal) {
      const peer = peers.get(name);
      if (peer === undefined || performance.now() - peer.seenAt < lookAgainMs) {
        return;
      }
      peers.set(name, { ...peer, seenAt: performance.now() });
      if ((await look(peer, signal)) === "away") {
        peers.delete(name);
      }
    },
    close() {
      unsubscribe(BEGUN, begun);
      ignoreDatabase();
    },
  };
}

/** Sends nothing and takes nothing: the dates alone are read. A protocol that does not begin with TLS, as PostgreSQL's, ends it. */
function look({ host, port, serverName }: Peer, signal: AbortSignal): Promise<"there" | "away"> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      ...(serverName === null ? {} : { servername: serverName }),
      rejectUnauthorized: false,
    });
    let found: "there" | "away" = "away";
    const end = () => socket.destroy();
    socket.once("connect", () => (found = "there"));
    signal.addEventListener("abort", end, { once: true });
    socket.once("secureConnect", end);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      signal.removeEventListener("abort", end);
      resolve(found);
    });
  });
}
