import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { tlsOptions, type TlsOptions } from "../../http/tls.ts";
import type { SyslogSettings } from "./config.ts";

/** One connection that is opened when it is needed, and again after it ended. */
export interface SyslogConnection {
  /** The open socket; rejects with the error of the attempt. */
  open(signal: AbortSignal): Promise<Socket>;
  close(): void;
}

/** Throws `DeliveryError` when a file of the TLS settings cannot be read. */
export function createSyslogConnection(settings: SyslogSettings): SyslogConnection {
  const options = settings.transport === "tls" ? tlsOptions(settings.tls) : undefined;
  let current: Socket | undefined;
  let opening: Promise<Socket> | undefined;

  async function connect(signal: AbortSignal): Promise<Socket> {
    const socket = start(settings, options);
    // Later ones show by its end, and those of the attempt by `once`.
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
    socket.once("close", () => {
      if (current === socket) current = undefined;
    });
    current = socket;
    return socket;
  }

  return {
    open(signal) {
      if (current !== undefined && current.writable) return Promise.resolve(current);
      opening ??= connect(signal).finally(() => (opening = undefined));
      return opening;
    },
    close: () => current?.destroy(),
  };
}

function start({ host, port }: SyslogSettings, options: TlsOptions | undefined): Socket {
  if (options === undefined) return connectTcp({ host, port });
  const servername = options.servername ?? (isIP(host) === 0 ? host : undefined);
  return connectTls({ host, port, ...options, ...(servername === undefined ? {} : { servername }) });
}
