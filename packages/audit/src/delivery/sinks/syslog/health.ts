import type { SyslogConnect } from "./connection.ts";

/** Whether a connection can be made; it is not used for anything else, and closed at once. */
export async function checkSyslog(connect: SyslogConnect, signal: AbortSignal): Promise<void> {
  const socket = await connect(signal);
  socket.destroy();
}
