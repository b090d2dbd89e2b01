import { z } from "zod";
import type { ClientSaid } from "../../domain/sessions.ts";
import { defineScript, type SharedState } from "@sark/shared-state";

/** What clients say at one replica about what another one does in the same session. Nothing depends on it being heard. */
export interface Announcements {
  announce(said: ClientSaid): void;
  onAnnounced(listener: (said: ClientSaid) => void): void;
}

const PUBLISH = defineScript(`return redis.call('PUBLISH', KEYS[1], ARGV[1])`);

const messageSchema = z.object({
  by: z.string(),
  what: z.enum(["cancelled", "responded"]),
  server: z.string(),
  fingerprint: z.string(),
  id: z.union([z.string(), z.number()]),
});

/** Call it before the connection is begun. `channel`: of replicas with the same key. */
export function createAnnouncements(deps: {
  readonly state: Pick<SharedState, "run" | "listen" | "status">;
  readonly channel: string;
  readonly replica: string;
}): Announcements {
  const { state, channel, replica } = deps;
  let told: (said: ClientSaid) => void = () => undefined;
  state.listen(channel, (message) => {
    const read = messageSchema.safeParse(parsed(message));
    if (read.success && read.data.by !== replica) {
      const { by: _by, ...said } = read.data;
      told(said);
    }
  });
  return {
    announce(said) {
      if (state.status.up) {
        // The connection tells of its failures itself.
        state.run(PUBLISH, [channel], [JSON.stringify({ ...said, by: replica })]).catch(() => undefined);
      }
    },
    onAnnounced(listener) {
      told = listener;
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
