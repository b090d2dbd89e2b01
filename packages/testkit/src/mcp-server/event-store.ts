import type { EventStore, JSONRPCMessage } from "@modelcontextprotocol/server";

/** Remembers one session's newest events, so that a client that lost its stream gets what it missed. */
export function createEventStore(limit = 1_000): EventStore {
  const events: { id: string; streamId: string; message: JSONRPCMessage }[] = [];
  let next = 1;
  return {
    storeEvent(streamId, message) {
      const id = `${streamId}/${next++}`;
      events.push({ id, streamId, message });
      if (events.length > limit) {
        events.shift();
      }
      return Promise.resolve(id);
    },
    getStreamIdForEventId: (id) => Promise.resolve(events.find((event) => event.id === id)?.streamId),
    async replayEventsAfter(lastEventId, { send }) {
      const last = events.findIndex((event) => event.id === lastEventId);
      const streamId = events[last]?.streamId;
      if (streamId === undefined) {
        throw new Error(`unknown event id ${lastEventId}`);
      }
      for (const event of events.slice(last + 1)) {
        // A priming event has an empty message: it was an id for the client to come back with.
        if (event.streamId === streamId && "jsonrpc" in event.message) {
          await send(event.id, event.message);
        }
      }
      return streamId;
    },
  };
}
