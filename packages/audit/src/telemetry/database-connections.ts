import type { Duplex } from "node:stream";
import { connected } from "../postgres/connected.ts";

/** Tells of the stream of each connection that this process opens to its databases, until the returned function is called. */
export function onDatabaseConnection(listener: (stream: Duplex) => void): () => void {
  const told = (stream: unknown) => listener(stream as Duplex);
  connected.subscribe(told);
  return () => {
    connected.unsubscribe(told);
  };
}
