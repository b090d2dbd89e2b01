import { bareEvent } from "../../../event-streams/event.ts";

/** How soon a client that lost its connection should come back, in milliseconds. */
const RETRY_MS = 1_000;

/** An event that carries only its id, so that a client can resume before anything happened. */
export function primingEvent(id: string): Buffer {
  return bareEvent({ id, retry: RETRY_MS }, true);
}

/** A comment is sent where nothing else was for so long. */
export const KEEP_ALIVE_MS = 15_000;
