import { randomBytes } from "node:crypto";
import { z } from "zod";
import { createSeenNonces, defineScript, type Seal, type SharedState } from "@sark/shared-state";
import { OUTCOMES } from "../../domain/governance.ts";
import type { SessionNews } from "../../domain/sessions.ts";

/** What is seen at one replica about what another one does in the same session. Nothing depends on it being heard. */
export interface Announcements {
  announce(news: SessionNews): void;
  onAnnounced(listener: (news: SessionNews) => void): void;
}

const PUBLISH = defineScript(`return redis.call('PUBLISH', KEYS[1], ARGV[1])`);
/** Clocks of replicas may differ by so much. */
const MAX_AGE_MS = 60_000;

const about = { server: z.string(), fingerprint: z.string(), id: z.union([z.string(), z.number()]) };
const newsSchema = z.discriminatedUnion("what", [
  z.object({ ...about, what: z.enum(["cancelled", "responded"]) }),
  z.object({
    ...about,
    what: z.literal("ended"),
    ended: z.object({
      outcome: z.enum(OUTCOMES),
      errorCode: z.number().exactOptional(),
      message: z.string().exactOptional(),
    }),
    response: z.string().nullable(),
  }),
]);
const messageSchema = z.object({
  by: z.string(),
  /** Unix milliseconds. */
  time: z.number(),
  nonce: z.string(),
  news: newsSchema,
});

/**
 * Call it before the connection is begun. `channel`: of replicas with the same key. How calls end is recorded by what comes here, so
 * that each message is sealed, valid for a minute and heard once: who can write to Redis, and has not the key, can say nothing.
 */
export function createAnnouncements(deps: {
  readonly state: Pick<SharedState, "run" | "listen" | "status">;
  readonly seal: Pick<Seal, "open" | "close">;
  readonly channel: string;
  readonly replica: string;
}): Announcements {
  const { state, seal, channel, replica } = deps;
  const nonces = createSeenNonces(2 * MAX_AGE_MS);
  let told: (news: SessionNews) => void = () => undefined;
  state.listen(channel, (sealed) => {
    const opened = seal.open(channel, sealed);
    const read = messageSchema.safeParse(opened === null ? null : JSON.parse(opened));
    if (!read.success || read.data.by === replica) {
      return;
    }
    const { time, nonce, news } = read.data;
    if (Math.abs(Date.now() - time) <= MAX_AGE_MS && nonces.isNew(nonce)) {
      told(news);
    }
  });
  return {
    announce(news) {
      if (!state.status.up) {
        return;
      }
      const nonce = randomBytes(12).toString("base64url");
      const sealed = seal.close(channel, JSON.stringify({ by: replica, time: Date.now(), nonce, news }));
      // The connection tells of its failures itself.
      state.run(PUBLISH, [channel], [sealed]).catch(() => undefined);
    },
    onAnnounced(listener) {
      told = listener;
    },
  };
}
