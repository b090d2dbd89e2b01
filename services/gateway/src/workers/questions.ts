import type { Json } from "@sark/json";
import type { GroupTopic } from "../domain/process-group.ts";
import type { FromPrimary } from "./messages.ts";

/** A worker as questions see it. */
export interface Respondent {
  readonly worker: number;
  /** False when it cannot be reached any more. */
  send(message: FromPrimary): boolean;
}

/** Long enough for a large exposition, and shorter than a scrape may take. */
const RESPONSE_MS = 5_000;

interface Open {
  readonly awaited: Set<number>;
  readonly responses: Map<number, Json>;
  settle(): void;
}

/** The questions of workers to all workers, which the primary passes on. */
export interface Questions {
  /** Resolves to the responses, in the order of the workers. Never rejects. */
  ask(topic: GroupTopic, question: Json, respondents: readonly Respondent[]): Promise<readonly Json[]>;
  /** `undefined`: it could not respond. */
  responded(worker: number, id: number, response: Json | undefined): void;
  /** The worker has ended: it is waited for no longer. */
  left(worker: number): void;
}

export function createQuestions(responseMs = RESPONSE_MS): Questions {
  const open = new Map<number, Open>();
  let ids = 0;

  function leaveOut(question: Open, worker: number): void {
    question.awaited.delete(worker);
    if (question.awaited.size === 0) {
      question.settle();
    }
  }

  return {
    async ask(topic, question, respondents) {
      const id = (ids += 1);
      const settled = Promise.withResolvers<void>();
      const awaited = new Set(respondents.map(({ worker }) => worker));
      const asked = { awaited, responses: new Map<number, Json>(), settle: settled.resolve };
      open.set(id, asked);
      const timer = setTimeout(settled.resolve, responseMs);
      for (const respondent of respondents) {
        if (!respondent.send({ type: "asked", id, topic, question })) {
          leaveOut(asked, respondent.worker);
        }
      }
      if (respondents.length === 0) {
        settled.resolve();
      }
      await settled.promise;
      clearTimeout(timer);
      open.delete(id);
      return [...asked.responses].toSorted(([a], [b]) => a - b).map(([, response]) => response);
    },
    responded(worker, id, response) {
      const question = open.get(id);
      if (question === undefined || !question.awaited.has(worker)) {
        return;
      }
      if (response !== undefined) {
        question.responses.set(worker, response);
      }
      leaveOut(question, worker);
    },
    left(worker) {
      for (const question of open.values()) {
        if (question.awaited.has(worker)) {
          leaveOut(question, worker);
        }
      }
    },
  };
}
