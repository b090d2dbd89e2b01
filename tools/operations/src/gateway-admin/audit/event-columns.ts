import type { z } from "zod";
import type { responses } from "../../gateway-client/responses.ts";
import type { Style } from "../../terminal/style.ts";
import type { Column } from "../../terminal/table.ts";

export type StoredEvent = z.output<Awaited<ReturnType<typeof responses.storedEvent>>>;

/** An event in a line. */
export function eventColumns(style: Style): readonly Column<StoredEvent>[] {
  return [
    { title: "SEQ", value: ({ seq }) => String(seq), align: "right" },
    { title: "TIME", value: ({ event }) => event.timestamp },
    { title: "TYPE", value: ({ event }) => event.event_type },
    { title: "PHASE", value: ({ event }) => event.phase },
    {
      title: "DECISION",
      value: ({ event }) => (event.phase === "outcome" ? (event.outcome ?? "ended") : event.decision),
      paint: ({ event }) => (event.decision === "deny" ? style.bad : undefined),
    },
    { title: "WHO", value: ({ event }) => event.user_id ?? event.agent_id ?? "-" },
    {
      title: "WHAT",
      value: ({ event }) => [event.server_name, event.tool_name].filter(Boolean).join("/") || "-",
    },
    { title: "REQUEST", value: ({ event }) => event.gateway_request_id },
    { title: "REASON", value: ({ event }) => event.reason },
  ];
}
