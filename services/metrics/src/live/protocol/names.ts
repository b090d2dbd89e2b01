import { z } from "zod";

/** What client and service agree on in `Sec-WebSocket-Protocol`. */
export const LIVE_PROTOCOL = "sark.metrics.v1";

/** What can be subscribed to. */
export const LIVE_KPIS = ["active_users", "activity", "scores"] as const;
export type LiveKpi = (typeof LIVE_KPIS)[number];

/** How many events of each kind were committed. */
export const ingestedSchema = z.strictObject({ activity: z.number().int(), score: z.number().int() });
export type Ingested = Readonly<z.output<typeof ingestedSchema>>;
export const NOTHING: Ingested = Object.freeze({ activity: 0, score: 0 });

/** What is wrong with a message of a client; the connection stays open. */
export const MESSAGE_ERRORS = ["invalid_json", "invalid_message", "store_unavailable"] as const;
export type MessageError = (typeof MESSAGE_ERRORS)[number];

/** Why the service ends a connection, with the status of its close frame. */
export const ENDINGS = {
  /** The service is restarted, or taken out of service. */
  restart: 1012,
  /** Binary messages say nothing here. */
  binary_message: 1003,
  /** The connections of the tenant, or of all, have reached their number meanwhile. */
  too_many_connections: 1013,
  /** Messages, or bytes, came faster than anyone needs. */
  too_many_messages: 1008,
  /** The key or token has expired or was withdrawn, or the tenant is suspended. */
  credential_ended: 4401,
  /** For too long it could not be told whether the key or token is still good: the database is away. */
  credential_unknown: 4503,
  /** Nothing was heard from the client for two heartbeats. */
  heartbeat: 4408,
  /** The client did not take an update in time. */
  slow_consumer: 4409,
} as const satisfies Readonly<Record<string, number>>;
export type Ending = keyof typeof ENDINGS;

/** How a connection ended, for metrics: by the service, by the client, by what the client sent, or cut off without a word. */
export const CLOSE_REASONS = [
  ...(Object.keys(ENDINGS) as Ending[]),
  "client",
  "invalid_frame",
  "connection_lost",
] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** Why a client has to begin anew with what it has counted. */
export const RESYNC_REASONS = [
  /** More was missed than is kept. */
  "history_exceeded",
  /** Sequence numbers have begun anew: the service, or what its replicas share, was started again. */
  "stream_restarted",
] as const;
export type ResyncReason = (typeof RESYNC_REASONS)[number];
