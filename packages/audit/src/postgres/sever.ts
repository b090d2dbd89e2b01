import type pg from "pg";

/** Cuts a connection. `end` says good-bye first, and waits for a server that may never respond. */
export function sever(client: pg.ClientBase): void {
  (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
}
