import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { tlsOptions, type TlsOptions } from "../../http/tls.ts";
import type { SyslogSettings } from "./config.ts";

/** Opens connections; rejects with the error of the attempt. */
export type SyslogConnect = (signal: AbortSignal) => Promise<Socket>;

/** Throws `DeliveryError` when a file of the TLS settings cannot be read. */
export function createSyslogConnect(settings: SyslogSettings): SyslogConnect {
  const options = settings.transport === "tls" ? tlsOptions(settings.tls) : undefined;

  return async (signal) => {
    signal.throwIfAborted();
    const socket = start(settings, options);
    // Later ones are listened for by whoever uses the connection, and those of the attempt by `once`.
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
  };
}

/** The end of the receiver's side must not end ours, for it may still read. */
const HALF_OPEN = { allowHalfOpen: true };

function start({ host, port }: SyslogSettings, options: TlsOptions | undefined): Socket {
  if (options === undefined) return connectTcp({ host, port, ...HALF_OPEN });
  const servername = options.servername ?? (isIP(host) === 0 ? host : undefined);
  return connectTls({
    host,
    port,
    ...HALF_OPEN,
    ...options,
    ...(servername === undefined ? {} : { servername }),
  });
}
