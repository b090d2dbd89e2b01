import type { JsonRpcId } from "../../../domain/json-rpc.ts";
import type { EventStream } from "./event-stream.ts";

/** A client that never responds must not fill the memory. */
const MAX_REMEMBERED = 1_024;

/** On which stream each request of the server went out, so that its cancellation takes the same way. */
export interface ServerRequests {
  sent(id: JsonRpcId, stream: EventStream): void;
  streamOf(id: JsonRpcId): EventStream | undefined;
  responded(id: JsonRpcId): void;
}

export function createServerRequests(): ServerRequests {
  const streams = new Map<JsonRpcId, EventStream>();
  return {
    sent: (id, stream) => {
      const [oldest] = streams.keys();
      if (streams.size >= MAX_REMEMBERED && oldest !== undefined) {
        streams.delete(oldest);
      }
      streams.set(id, stream);
    },
    streamOf: (id) => streams.get(id),
    responded: (id) => void streams.delete(id),
  };
}
