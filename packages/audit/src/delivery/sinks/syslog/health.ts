import type { SyslogConnector } from "./connection.ts";

/** Whether a connection can be made; it is not used for anything else, and closed at once. */
export async function checkSyslog(connector: SyslogConnector, signal: AbortSignal): Promise<void> {
  const socket = await connector.connect(signal);
  socket.destroy();
}
