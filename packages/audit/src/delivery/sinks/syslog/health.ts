import type { SyslogConnection } from "./connection.ts";

/** Whether the connection stands, or can be made. */
export async function checkSyslog(connection: SyslogConnection, signal: AbortSignal): Promise<void> {
  await connection.open(signal);
}
