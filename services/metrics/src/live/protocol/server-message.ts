import type { Json } from "@sark/json";
import type { Ingested, LiveKpi, MessageError, ResyncReason } from "./names.ts";

/** Values of the KPIs that were subscribed to. */
export type KpiValues = Readonly<Partial<Record<LiveKpi, Json>>>;

/** What the service sends, one JSON text a message. */
export type ServerMessage =
  | { readonly type: "hello"; readonly heartbeat_ms: number }
  /** Where the client stands now. Updates follow from there: the first one at once. */
  | {
      readonly type: "subscribed";
      readonly epoch: string;
      readonly seq: number;
      readonly kpis: readonly LiveKpi[];
    }
  /** All that was committed after `previous` up to `seq`, in one; KPIs as they are now. */
  | {
      readonly type: "update";
      readonly previous: number;
      readonly seq: number;
      readonly ingested: Ingested;
      /** Left out where the database does not respond: they follow. */
      readonly kpis?: KpiValues;
    }
  /** What was missed cannot be told: counts begin anew from here. KPIs follow. */
  | {
      readonly type: "resync";
      readonly reason: ResyncReason;
      readonly epoch: string;
      readonly seq: number;
    }
  | { readonly type: "heartbeat" }
  | { readonly type: "pong"; readonly id?: string }
  | { readonly type: "error"; readonly code: MessageError; readonly message: string }
  /** The connection ends now; to be opened again after this time, where that is of use. */
  | { readonly type: "closing"; readonly code: string; readonly retry_after_ms: number | null };
