import { Readable } from "node:stream";
import {
  UpstreamError,
  type Upstream,
  type UpstreamRequest,
  type UpstreamResponse,
} from "../../domain/upstream.ts";

/** What an upstream server is made to answer; a body may be text, a stream, or events written by the test. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
}

export interface SentRequest extends UpstreamRequest {
  /** The body as text. */
  readonly text: string;
  /** Its first message. */
  readonly message: Readonly<Record<string, unknown>>;
}

export interface ScriptedUpstream extends Upstream {
  readonly sent: SentRequest[];
  /** Those that are no cancellation. */
  calls(): SentRequest[];
}

type Script = (request: SentRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

/** An upstream server in memory that does exactly what a test says; notifications are accepted by themselves. */
export function scriptedUpstream(name: string, script: Script): ScriptedUpstream {
  const sent: SentRequest[] = [];
  return {
    name,
    transport: "tcp",
    propagateTrace: true,
    sent,
    calls: () => sent.filter(({ message }) => message["method"] !== "notifications/cancelled"),
    async exchange(request): Promise<UpstreamResponse> {
      const text = request.body?.toString("utf8") ?? "";
      const parsed: unknown = text === "" ? {} : JSON.parse(text);
      const message = (Array.isArray(parsed) ? parsed[0] : parsed) as Record<string, unknown>;
      const seen = { ...request, text, message };
      sent.push(seen);
      const notice = request.method === "POST" && !text.includes('"id"');
      const answer = await abortable(
        Promise.resolve(notice ? { status: 202 } : script(seen)),
        request.signal,
      );
      const body =
        answer.body instanceof Readable ? answer.body : Readable.from([Buffer.from(answer.body ?? "")]);
      request.signal.addEventListener("abort", () => body.destroy(new UpstreamError("cancelled", "aborted")));
      return {
        status: answer.status ?? 200,
        headers: { "content-type": "application/json", ...answer.headers },
        body,
      };
    },
    check: () => Promise.resolve({}),
    close: () => Promise.resolve(),
  };
}

/** A result for each request, as a batch for a batch. */
export const answerAll = ({ text }: SentRequest): ScriptedAnswer => {
  const value = JSON.parse(text) as Record<string, unknown> | Record<string, unknown>[];
  const answers = [value].flat().flatMap(({ id }) => (id === undefined ? [] : [resultOf(id)]));
  return { body: JSON.stringify(Array.isArray(value) ? answers : answers[0]) };
};

/** An answer that never comes. */
export const never = (): Promise<never> => new Promise(() => {});

/** A stream that the test writes to and ends. */
export function eventStream(): {
  readonly answer: ScriptedAnswer;
  readonly stream: Readable;
  send(text: string): void;
} {
  const stream = new Readable({ read() {} });
  return {
    stream,
    answer: { headers: { "content-type": "text/event-stream" }, body: stream },
    send: (text) => void stream.push(Buffer.from(text, "utf8")),
  };
}

export const event = (data: unknown, id?: string): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: message\ndata: ${JSON.stringify(data)}\n\n`;

export const resultOf = (id: unknown, result: object = { content: [] }): object => ({
  jsonrpc: "2.0",
  id,
  result,
});

function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new UpstreamError("cancelled", "aborted"));
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject);
  });
}
