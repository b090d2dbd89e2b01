import { destination, flushed, flushedAll } from "@sark/gateway/api/deliveries";
import { toolList as tools } from "@sark/gateway/api/decisions";
import { session } from "@sark/gateway/api/sessions";
import { z } from "zod";

/** What commands print as JSON that is no response of the gateway as it came. Members are added, never renamed. */
export const toolList = z.object({ tools });
export type ToolListShown = z.output<typeof toolList>;

export const sessionList = z.object({ sessions: z.array(session) });

export const deliveries = z.object({ ok: z.boolean(), destinations: z.array(destination) });

/** Of one destination, or of all. */
export const flush = z.union([flushedAll, flushed]);

const time = z.string().nullable();
export const keyList = z.object({
  keys: z.array(
    z.looseObject({
      id: z.string(),
      principal: z.string(),
      type: z.enum(["user", "agent"]),
      roles: z.array(z.string()),
      tenant: z.string().nullable(),
      created: z.string(),
      expires: time,
      expired: z.boolean(),
      last_used: time,
      previous: z.array(z.object({ expires: time, expired: z.boolean(), last_used: time })),
    }),
  ),
});

export const pushedDashboards = z.object({
  dashboards: z.array(
    z.object({ uid: z.string(), title: z.string(), result: z.enum(["created", "updated", "unchanged"]) }),
  ),
  dry_run: z.boolean(),
});

const count = z.number().int();
export const replayed = z.object({
  decisions: count,
  unchanged: count,
  changes: z.array(z.looseObject({ event_id: z.string(), change: z.string() })),
  not_evaluable: count,
  reasons: z.record(z.string(), count),
  more: z.boolean().describe("There are older decisions"),
});
