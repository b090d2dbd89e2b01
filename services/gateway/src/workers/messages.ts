import type { GroupTopic } from "../domain/process-group.ts";
import type { Json } from "@sark/json";

/** What a worker has to know before it starts. */
export interface WorkerOrders {
  readonly type: "start";
  readonly worker: number;
  /** Of the embedded database, which is the primary's; `null` where the configuration has another. */
  readonly databaseUrl: string | null;
  /** Whether lines are for people: a worker itself writes to a pipe. */
  readonly terminal: boolean;
}

export type FromPrimary =
  | WorkerOrders
  | { readonly type: "asked"; readonly id: number; readonly topic: GroupTopic; readonly question: Json }
  /** To a question of this worker. */
  | { readonly type: "responses"; readonly id: number; readonly responses: readonly Json[] };

export type FromWorker =
  | { readonly type: "ready"; readonly welcome: string }
  | {
      readonly type: "ask";
      readonly id: number;
      readonly topic: GroupTopic;
      readonly question: Json;
      readonly lasting: boolean;
    }
  | { readonly type: "response"; readonly id: number; readonly response: Json }
  /** It could not respond. */
  | { readonly type: "failed"; readonly id: number };
