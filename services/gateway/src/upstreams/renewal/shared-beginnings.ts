import { parseJson } from "@sark/audit/json";
import { z } from "zod";
import type { JsonRpcRequest } from "../../domain/json-rpc.ts";
import { type Seal, defineScript, type SharedState } from "@sark/shared-state";
import type { Beginning } from "./begin-anew.ts";
import { SESSION_USES, type SessionUse } from "./session-use.ts";

/** A session as any replica could renew it. */
export interface KnownSession extends Beginning {
  /** What its server calls it now. */
  readonly id: string;
  readonly use: SessionUse;
}

/** What stands at the place of all. */
export interface Kept {
  readonly session: KnownSession;
  /** Tells it from what another replica writes later. */
  readonly version: string;
}

/** How sessions began, and what their servers call them now, for all replicas. */
export interface SharedBeginnings {
  /** `"none"` where nothing is kept of it, `null` where the others cannot be asked. */
  find(server: string, first: string): Promise<Kept | "none" | null>;
  /** Resolves to its version; `null` where the others would not find it. */
  keep(server: string, first: string, session: KnownSession): Promise<string | null>;
  /** Takes the place of what was found; `null` where that is not there any more, or cannot be reached. */
  replace(server: string, first: string, found: Kept, session: KnownSession): Promise<string | null>;
  forget(server: string, first: string): void;
}

const FIND = defineScript(`return redis.call('GET', KEYS[1])`);
const KEEP = defineScript(`redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1`);
const FORGET = defineScript(`return redis.call('DEL', KEYS[1])`);
const REPLACE = defineScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`);

const sealedSchema = z.strictObject({
  id: z.string().max(1_024),
  use: z.enum(SESSION_USES),
  body: z.string().max(64 * 1_024),
});

/** `keptMs`: no session lasts longer. What is kept is sealed: it holds the id by which the server knows the session. */
export function createSharedBeginnings(deps: {
  readonly state: Pick<SharedState, "run">;
  readonly seal: Seal;
  readonly keptMs: number;
}): SharedBeginnings {
  const { state, seal } = deps;
  const keptMs = String(deps.keptMs);

  const boundTo = (server: string, first: string) => JSON.stringify([server, first]);
  const keyOf = (server: string, first: string) =>
    `beginning:${seal.name}:${seal.tag(boundTo(server, first))}`;

  function close(server: string, first: string, { id, use, body }: KnownSession): string {
    return seal.close(boundTo(server, first), JSON.stringify({ id, use, body: body.toString("utf8") }));
  }

  function open(server: string, first: string, version: string): Kept | "none" {
    const opened = seal.open(boundTo(server, first), version);
    const parsed = opened === null ? null : sealedSchema.safeParse(JSON.parse(opened));
    if (parsed?.success !== true) {
      return "none";
    }
    const { id, use, body: text } = parsed.data;
    const message = parseJson(text, "any") as JsonRpcRequest;
    return { session: { id, use, message, body: Buffer.from(text) }, version };
  }

  async function asked<T>(asking: () => Promise<T>): Promise<T | null> {
    try {
      return await asking();
    } catch {
      // The connection tells of its failures itself.
      return null;
    }
  }

  return {
    find: (server, first) =>
      asked(async () => {
        const found = await state.run(FIND, [keyOf(server, first)], []);
        return typeof found === "string" ? open(server, first, found) : "none";
      }),
    async keep(server, first, session) {
      const version = close(server, first, session);
      const kept = await asked(() => state.run(KEEP, [keyOf(server, first)], [version, keptMs]));
      return kept === null ? null : version;
    },
    async replace(server, first, found, session) {
      const version = close(server, first, session);
      const args = [found.version, version, keptMs];
      const replaced = await asked(() => state.run(REPLACE, [keyOf(server, first)], args));
      return replaced === 1 ? version : null;
    },
    forget(server, first) {
      void asked(() => state.run(FORGET, [keyOf(server, first)], []));
    },
  };
}
