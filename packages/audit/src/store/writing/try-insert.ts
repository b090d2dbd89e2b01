import pg from "pg";
import { AuditError } from "../../errors.ts";
import { newEventId } from "../../events/event-id.ts";
import { toAcceptedEvent, type AcceptedEvent } from "../../events/accepted-event.ts";
import { rehearse } from "../../postgres/transaction.ts";
import { explained, headOf, linesOf } from "./insert-batch.ts";
import { payloadValues } from "./insert-payloads.ts";
import { changedColumns, INSERT_WITH_PAYLOADS } from "./insert-statement.ts";

/**
 * Whether the database would take a batch, and keep it as it is: the writer's own statement with one event and one payload,
 * rolled back. Finds whatever would fail the next one: a table, partition, column or right that is missing, a trigger, a
 * standby, a full disk, a lock that is held; and a trigger that writes something else, which no insert fails by.
 */
export async function tryInsert(client: pg.ClientBase): Promise<void> {
  const event = trialEvent();
  const batch = [event];
  const parameters = [1, linesOf(batch), ...(payloadValues(batch) ?? [])].map((value) =>
    pg.escapeLiteral(String(value)),
  );
  const statement = INSERT_WITH_PAYLOADS.replace(
    /\$(\d+)/g,
    (_, n: string) => parameters[Number(n) - 1] ?? "NULL",
  );
  const [heads, stored] = await rehearse(
    client,
    statement,
    changedColumns(pg.escapeLiteral(event.canonical)),
  ).catch((error: unknown) => {
    throw explained(error);
  });
  headOf(heads ?? []);
  // Where its key was changed, the event is not found.
  const changed = (stored?.[0]?.["changed"] ?? "id, timestamp") as string;
  if (changed !== "") {
    throw new AuditError(
      "store_unavailable",
      `The audit database keeps something other than it was given: ${changed}. A trigger writes it.`,
    );
  }
}

/** Of now, since its partition is what the next event needs, and with a value in every column. Never committed. */
function trialEvent(): AcceptedEvent {
  const now = Date.now();
  const text = "trial";
  const payload = { kind: "arguments", policy: "digest", salt: Buffer.alloc(1), body: null } as const;
  return toAcceptedEvent(
    {
      event_type: text,
      user_id: text,
      agent_id: text,
      server_name: text,
      tool_name: text,
      decision: "deny",
      reason: text,
      timestamp: now / 1_000,
      gateway_request_id: text,
      phase: "decision",
      outcome: "denied",
      intent_id: newEventId(now),
      tenant_id: text,
      sensitivity: "low",
      duration_ms: 0.5,
      trace_id: text,
      session_id: text,
      client_address: text,
      credential: text,
      submitted_by: text,
      policy: { engine: text, ids: [text], revision: text },
      metadata: { [text]: text },
    },
    newEventId(now),
    now,
    { summaries: {}, kept: [payload] },
  );
}
