import type { McpObserver } from "../contract/observer.ts";

interface SeenEvent {
  readonly name: keyof McpObserver;
  readonly [field: string]: unknown;
}

export interface TestObserver extends McpObserver {
  readonly seen: SeenEvent[];
  of(name: keyof McpObserver): SeenEvent[];
}

/** Remembers every event. */
export function testObserver(): TestObserver {
  const seen: SeenEvent[] = [];
  const remember = (name: keyof McpObserver) => (event: object) => void seen.push({ ...event, name });
  return {
    seen,
    of: (name) => seen.filter((event) => event.name === name),
    requestRefused: remember("requestRefused"),
    messageForwarded: remember("messageForwarded"),
    sessionEnded: remember("sessionEnded"),
    streamOpened: remember("streamOpened"),
    streamClosed: remember("streamClosed"),
    streamBroken: remember("streamBroken"),
    malformedUpstream: remember("malformedUpstream"),
  };
}
