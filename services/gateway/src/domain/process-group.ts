import type { Json } from "@sark/json";

/** What the processes of a group ask each other. */
export type GroupTopic =
  | "metrics"
  | "drain"
  | "drain-status"
  | "log-level"
  | "log-level-signal"
  | "log-levels-in-force";

/** The processes that serve behind one address: one alone, or the workers of a machine. */
export interface ProcessGroup {
  /** Of this worker, from 1; `null` for a process alone. */
  readonly worker: number | null;
  /** How this process responds to a question of any of them, itself included. */
  onAsked(topic: GroupTopic, respond: (question: Json) => Json | Promise<Json>): void;
  /**
   * What each responds. One that hangs or ends is left out after a while. `lasting`: a worker that starts later is asked, too,
   * what was asked last of the topic.
   */
  ask(topic: GroupTopic, question: Json, options?: { readonly lasting?: boolean }): Promise<readonly Json[]>;
}

/** A process alone asks itself. */
export function aloneInGroup(): ProcessGroup {
  const responders = new Map<GroupTopic, (question: Json) => Json | Promise<Json>>();
  return {
    worker: null,
    onAsked: (topic, respond) => void responders.set(topic, respond),
    async ask(topic, question) {
      const respond = responders.get(topic);
      return respond === undefined ? [] : [await respond(question)];
    },
  };
}
