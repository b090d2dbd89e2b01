import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { openTlsFiles, type TlsNotice } from "../../http/tls-files.ts";
import type { TlsOptions } from "../../http/tls.ts";
import type { SyslogSettings } from "./config.ts";

export interface SyslogConnector {
  /** Opens a connection; rejects with the error of the attempt. */
  connect(signal: AbortSignal): Promise<Socket>;
  /** Another object as soon as a TLS file has changed: connections that are open were verified by the former files. */
  files(): TlsOptions | undefined;
}

/** Throws `DeliveryError` when a file of the TLS settings cannot be used. */
export function createSyslogConnector(settings: SyslogSettings, tlsNotice?: TlsNotice): SyslogConnector {
  const files = settings.transport === "tls" ? openTlsFiles(settings.tls, tlsNotice) : undefined;

  async function connect(signal: AbortSignal): Promise<Socket> {
    signal.throwIfAborted();
    const options = files?.current();
    const socket = start(settings, options);
    // The session listens for later ones, and `once` for those of the attempt.
    socket.on("error", () => undefined);
    try {
      await once(socket, options === undefined ? "connect" : "secureConnect", { signal });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    socket.setKeepAlive(true, 30_000);
    // Nothing is expected from the other side, and what is never read would hide its end.
    socket.resume();
    return socket;
  }

  return { connect, files: () => files?.current() };
}

/** The end of the receiver's side must not end ours, for it may still read. */
const HALF_OPEN = { allowHalfOpen: true };

function start({ host, port }: SyslogSettings, options: TlsOptions | undefined): Socket {
  if (options === undefined) {
    return connectTcp({ host, port, ...HALF_OPEN });
  }
  const servername = options.servername ?? (isIP(host) === 0 ? host : undefined);
  return connectTls({
    host,
    port,
    ...HALF_OPEN,
    ...options,
    ...(servername === undefined ? {} : { servername }),
  });
}
