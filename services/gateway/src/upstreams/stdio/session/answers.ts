import type { UpstreamError, UpstreamResponse } from "../../../domain/upstream.ts";
import { eventStreamReply, jsonReply } from "../wire/replies.ts";
import type { EventStream } from "./event-stream.ts";

/** Where the answers to the requests of one POST go. */
export interface Answer {
  /** Takes messages that come before the answers; `null` when the reply is one JSON body. */
  readonly stream: EventStream | null;
  readonly reply: Promise<UpstreamResponse>;
  answered(message: Buffer | string): void;
  fail(error: UpstreamError): void;
}

/** One JSON body once every request is answered: an object, or an array for a batch (2025-03-26). */
export function answerAsJson(requests: number, batch: boolean): Answer {
  const reply = Promise.withResolvers<UpstreamResponse>();
  const answers: string[] = [];
  return {
    stream: null,
    reply: reply.promise,
    answered: (message) => {
      answers.push(message.toString());
      if (answers.length === requests) {
        reply.resolve(jsonReply(200, batch ? `[${answers.join(",")}]` : (answers[0] ?? "")));
      }
    },
    fail: (error) => reply.reject(error),
  };
}

/** An event stream that ends once every request is answered. Its head is there at once. */
export function answerAsEvents(requests: number, stream: EventStream): Answer {
  let open = requests;
  return {
    stream,
    reply: Promise.resolve(eventStreamReply(stream.attach())),
    answered: (message) => {
      stream.send(message);
      open -= 1;
      if (open === 0) {
        stream.finish();
      }
    },
    fail: (error) => stream.fail(error),
  };
}
