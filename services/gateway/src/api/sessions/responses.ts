import { z } from "zod";

const count = z.number().int();

export const session = z
  .object({
    fingerprint: z
      .string()
      .describe("What names it in records, as `session_id`; not the id that its client holds"),
    kind: z
      .enum(["session", "activity"])
      .describe("`activity`: what a principal does at a server without a session, as in stateless revisions"),
    server: z.string(),
    principal: z.string(),
    principal_type: z.enum(["user", "agent"]),
    actor: z.string().nullable().describe("The agent that acts for the user"),
    tenant: z.string().nullable(),
    protocol_version: z.string().nullable().describe("`null` where no request has named it yet"),
    transport: z.enum(["http", "stdio"]).describe("Between gateway and server"),
    client: z
      .object({ name: z.string(), version: z.string() })
      .nullable()
      .describe("What the client says that it is; `null` where it was said to another replica"),
    replica: z
      .string()
      .nullable()
      .describe(
        "Host and process id of the replica that used it last; of a stdio session the one that holds its process. `null` where nothing is shared",
      ),
    created_at: z.iso.datetime(),
    last_activity_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable().describe("When it takes no more requests; `null` for `activity`"),
    calls: count.describe("JSON-RPC requests that were taken"),
    calls_running: count,
    streams_open: count.describe("Event streams without an end"),
  })
  .meta({ id: "Session" });
export type ShownSession = z.output<typeof session>;

export const sessionPage = z
  .object({
    sessions: z.array(session).describe("The newest first"),
    next_cursor: z.string().nullable().describe("`null` on the last page"),
    of: z
      .enum(["all", "replica"])
      .describe("Whether it lists the sessions of all replicas, or those of the one that responds"),
  })
  .meta({ id: "SessionPage" });
export type SessionPage = z.output<typeof sessionPage>;
