import cluster from "node:cluster";
import { once } from "node:events";
import type { Json } from "@sark/json";
import type { GroupTopic, ProcessGroup } from "../domain/process-group.ts";
import type { FromPrimary, FromWorker, WorkerOrders } from "./messages.ts";

/** A worker's place in its group. */
export interface WorkerPlace extends Omit<WorkerOrders, "type"> {
  readonly group: ProcessGroup;
  /** Tells the primary that this worker serves, and what a newcomer needs to see. */
  ready(welcome: string): void;
  /** Called when the primary was killed: without it no connection comes in any more. */
  onAbandoned(listener: () => void): void;
}

/** Waits for the orders of the primary that started this process. */
export async function joinGroup(): Promise<WorkerPlace> {
  const [orders] = (await once(process, "message")) as [FromPrimary];
  if (orders.type !== "start") {
    throw new Error("the primary sent something other than orders first");
  }
  const { worker, databaseUrl, terminal } = orders;
  return {
    worker,
    databaseUrl,
    terminal,
    group: talkingTo(worker),
    ready: (welcome) => tell({ type: "ready", welcome }),
    onAbandoned(listener) {
      cluster.worker?.once("disconnect", () => {
        if (cluster.worker !== undefined && !cluster.worker.exitedAfterDisconnect) {
          // Else Node ends the process at once, with the calls that run.
          cluster.worker.exitedAfterDisconnect = true;
          listener();
        }
      });
    },
  };
}

function talkingTo(worker: number): ProcessGroup {
  const responders = new Map<GroupTopic, (question: Json) => Json | Promise<Json>>();
  const waiting = new Map<number, (responses: readonly Json[]) => void>();
  let ids = 0;

  async function respond(id: number, topic: GroupTopic, question: Json): Promise<void> {
    const responder = responders.get(topic);
    try {
      // One that is still starting has nothing to say yet.
      tell(
        responder === undefined
          ? { type: "failed", id }
          : { type: "response", id, response: await responder(question) },
      );
    } catch {
      tell({ type: "failed", id });
    }
  }

  process.on("message", (message: FromPrimary) => {
    if (message.type === "asked") {
      void respond(message.id, message.topic, message.question);
    } else if (message.type === "responses") {
      waiting.get(message.id)?.(message.responses);
      waiting.delete(message.id);
    }
  });

  return {
    worker,
    onAsked: (topic, responder) => void responders.set(topic, responder),
    ask: (topic, question, { lasting = false } = {}) =>
      new Promise((resolve) => {
        const id = (ids += 1);
        waiting.set(id, resolve);
        tell({ type: "ask", id, topic, question, lasting });
      }),
  };
}

/** A primary that has ended takes no message; this process then ends, too. */
function tell(message: FromWorker): void {
  if (process.connected) {
    process.send?.(message, undefined, undefined, () => undefined);
  }
}
