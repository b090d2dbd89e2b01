import type { SyslogConnector } from "./connection.ts";

/** A receiver that does not end its side after ours. */
const END_TIMEOUT_MS = 1_000;

/**
 * Whether a connection can be made; it is not used for anything else. It is ended in order: one that is broken off is an
 * error in the receiver's own log.
 */
export async function checkSyslog(connector: SyslogConnector, signal: AbortSignal): Promise<void> {
  const socket = await connector.connect(signal);
  const timer = setTimeout(() => socket.destroy(), END_TIMEOUT_MS).unref();
  socket.once("close", () => clearTimeout(timer));
  socket.end().unref();
}
