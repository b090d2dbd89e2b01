import { channel } from "node:diagnostics_channel";
import type pg from "pg";

/** Told of the stream, with TLS where the address asks for it, of each connection that a pool has opened. */
export const connected = channel("sark:audit:postgres:connected");

/** Tells of a connection that is open. */
export function tellConnected(client: pg.ClientBase): void {
  if (connected.hasSubscribers) {
    connected.publish(
      (client as unknown as { readonly connection: { readonly stream: unknown } }).connection.stream,
    );
  }
}
