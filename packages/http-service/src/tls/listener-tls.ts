import { constants, hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Server, ServerOptions } from "node:https";
import type { Socket } from "node:net";
import { dirname } from "node:path";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "@sark/authentication";
import { followFiles, readSettled, watchFolder } from "@sark/observability/files";
import { createSequence } from "@sark/observability/waiting";
import type { Connections } from "../connections.ts";
import { readPeerCertificate, type PeerCertificate } from "./peer-certificate.ts";
import { readTlsFiles, type TlsFileNames, type TlsFiles } from "./read-files.ts";

export interface TlsObserver {
  /** Changed files are in use (`null`), or cannot be, and those before are. */
  tlsFilesChanged(event: { readonly problem: string | null }): void;
  /** A connection ended before TLS was set up. */
  handshakeFailed(error: Error, connection: TLSSocket): void;
}

/** TLS of the gateway's own listener. */
export interface ListenerTls {
  /** What the server is made with. */
  readonly options: ServerOptions;
  /** Whether clients without a good certificate are refused whatever they ask for. */
  readonly required: boolean;
  /** Follows the files from now on. Call it once, before the server listens. */
  serve(server: Server, connections: Connections): void;
  /** The certificate of the client that sent this; `null` where it has none. */
  clientCertificate(request: IncomingMessage): ClientCertificate | null;
  status(): { readonly problem: string | null; readonly period: TlsFiles["period"] };
  close(): void;
}

/** Throws `TypeError` where a file cannot be used; a later change that cannot leaves the files before it in force. */
export function openListenerTls(
  names: TlsFileNames,
  options: { readonly required: boolean; readonly handshakeTimeoutMs: number; readonly pollMs?: number },
  observer: TlsObserver,
): ListenerTls {
  const paths = [
    names.certFile,
    names.keyFile,
    ...names.authorities.flatMap(({ caFile, crlFile }) => [
      caFile,
      ...(crlFile === undefined ? [] : [crlFile]),
    ]),
  ];
  // Lists may be long: they are read where a file has changed, and not each time that its folder is looked at.
  const marks = followFiles(paths, () => ({}));
  let mark = marks.current();
  let files = readTlsFiles(names);
  let attempted = printOf(files);
  let problem: string | null = null;
  /** Rises when certificates that were verified before have to be verified again. */
  let epoch = 0;
  const begun = new Map<string, number>();
  const known = new WeakMap<
    TLSSocket,
    { readonly epoch: number; readonly certificate: PeerCertificate | null }
  >();
  // Their folders are watched each for itself.
  const reloads = createSequence();
  let watchers: readonly { close(): void }[] = [];

  async function reload(server: Server, connections: Connections): Promise<void> {
    const now = marks.current();
    if (now === mark) {
      return;
    }
    mark = now;
    const reading = await readSettled(async () => readTlsFiles(names), printOf, attempted);
    if (reading.print === attempted) {
      return;
    }
    attempted = reading.print;
    try {
      if ("error" in reading) {
        throw reading.error;
      }
      server.setSecureContext(contextOf(reading.value));
      const isSameTrust = trustOf(files) === trustOf(reading.value);
      files = reading.value;
      problem = null;
      if (!isSameTrust) {
        epoch += 1;
        connections.renew((socket) => known.get(socket as TLSSocket)?.epoch !== epoch);
      }
    } catch (error) {
      problem = (error as Error).message;
    }
    observer.tlsFilesChanged({ problem });
  }

  return {
    options: {
      ...contextOf(files),
      requestCert: names.authorities.length > 0,
      // Who is refused, is told why: by HTTP.
      rejectUnauthorized: false,
      handshakeTimeout: options.handshakeTimeoutMs,
    },
    required: options.required,
    serve(server, connections) {
      // The files that a handshake uses are those of its begin.
      server.prependListener("connection", (socket: Socket) => {
        const address = addressOf(socket);
        begun.set(address, epoch);
        socket.once("close", () => begun.delete(address));
      });
      server.prependListener("secureConnection", (socket) => {
        const certificate =
          names.authorities.length === 0 ? null : readPeerCertificate(socket, files.authorities);
        known.set(socket, { epoch: begun.get(addressOf(socket)) ?? -1, certificate });
      });
      server.prependListener("tlsClientError", (error, socket) => {
        observer.handshakeFailed(error, socket);
        socket.destroy();
      });
      const pollMs = options.pollMs === undefined ? {} : { pollMs: options.pollMs };
      watchers = [...new Set(paths.map((path) => dirname(path)))].map((folder) =>
        watchFolder(folder, () => reloads.run(() => reload(server, connections)), pollMs),
      );
    },
    clientCertificate({ socket }) {
      const peer = known.get(socket as TLSSocket);
      if (peer === undefined || peer.certificate === null) {
        return null;
      }
      const { certificate } = peer;
      if (peer.epoch !== epoch) {
        return { ...certificate, problem: "outdated" };
      }
      const now = Date.now();
      const isValid = now >= certificate.validFrom && now <= certificate.validTo;
      return certificate.problem === null && !isValid ? { ...certificate, problem: "expired" } : certificate;
    },
    status: () => ({ problem, period: files.period }),
    close() {
      for (const watcher of watchers) {
        watcher.close();
      }
    },
  };
}

function contextOf({ cert, key, ca, crl }: TlsFiles): ServerOptions {
  return {
    cert,
    key,
    ca: [...ca],
    ...(crl.length === 0 ? {} : { crl: [...crl] }),
    minVersion: "TLSv1.2",
    // Each connection shows its certificate anew: one that is resumed, or negotiated again, is not verified by the files of now.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

function trustOf({ ca, crl }: TlsFiles): string {
  return [...ca, ...crl].join("");
}

/** Tells files apart, without holding the key once more. */
function printOf(files: TlsFiles): string {
  return hash("sha256", [files.cert, files.key, trustOf(files)].join("\n"));
}

/** Of connections that are open at once, no two have the same. */
function addressOf(socket: Socket): string {
  const { remoteAddress = "", remotePort = 0, localAddress = "" } = socket;
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
