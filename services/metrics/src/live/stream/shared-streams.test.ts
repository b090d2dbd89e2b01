import { describe, expect, it, vi } from "vitest";
import { createSharedStreams } from "./shared-streams.ts";

/** A connection to Redis whose responses a test gives, in the order of the commands. */
function heldState() {
  const held: PromiseWithResolvers<unknown>[] = [];
  return {
    held,
    run() {
      const response = Promise.withResolvers<unknown>();
      held.push(response);
      return response.promise;
    },
    listen: () => undefined,
    onUp: () => undefined,
  };
}

async function followed() {
  const state = heldState();
  const streams = createSharedStreams(state, 100);
  const following = streams.follow("acme");
  state.held.shift()?.resolve(["shared-1", "0"]);
  await following;
  const ingest = (activity: number) => streams.publish("acme", { activity, score: 0 }, 1);
  return { state, streams, ingest };
}

describe("the streams of all replicas", () => {
  it("do not take Redis for away while it has not responded yet: no client is told to begin anew [SVC-1]", async () => {
    const { state, streams, ingest } = await followed();
    ingest(1);
    ingest(2);
    await Promise.resolve();
    expect(streams.historyOf("acme")?.epoch).toBe("shared-1");
    state.held.shift()?.resolve(1);
    await vi.waitFor(() => expect(state.held).toHaveLength(1));
    state.held.shift()?.resolve(1);
    expect(streams.historyOf("acme")?.epoch).toBe("shared-1");
  });

  it("show the clients of a replica what it could not publish, each event once [SVC-1]", async () => {
    const { state, streams, ingest } = await followed();
    ingest(1);
    ingest(2);
    state.held.shift()?.reject(new Error("away"));
    await vi.waitFor(() => expect(streams.historyOf("acme")?.epoch).toMatch(/^local-/));
    ingest(4);
    state.held.shift()?.reject(new Error("away"));
    await vi.waitFor(() => expect(streams.historyOf("acme")?.seq).toBe(3));
    expect(streams.historyOf("acme")?.since(0)?.ingested).toEqual({ activity: 7, score: 0 });
  });
});
