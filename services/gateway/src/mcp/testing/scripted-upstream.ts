import { Readable } from "node:stream";
import {
  UpstreamError,
  type Upstream,
  type UpstreamRequest,
  type UpstreamResponse,
} from "../../domain/upstream.ts";

/** What an upstream server is made to send; a body may be text, a stream, or events written by the test. */
export interface ScriptedResponse {
  readonly sessionEnds?: true;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
  /** The body comes in one piece with its head, as short ones do over HTTP. Not of a stream. */
  readonly inOnePiece?: boolean;
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

export type Script = (request: SentRequest) => ScriptedResponse | Promise<ScriptedResponse>;

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
      const response = await abortable(
        Promise.resolve(notice ? { status: 202 } : script(seen)),
        request.signal,
      );
      const whole = response.body instanceof Readable ? null : Buffer.from(response.body ?? "");
      const body = response.body instanceof Readable ? response.body : Readable.from([whole]);
      request.signal.addEventListener("abort", () => body.destroy(new UpstreamError("cancelled", "aborted")));
      return {
        status: response.status ?? 200,
        ...(response.sessionEnds === undefined ? {} : { sessionEnds: response.sessionEnds }),
        headers: { "content-type": "application/json", ...response.headers },
        body,
        ...(response.inOnePiece === true ? { takeWhole: async () => takeWhole(body, whole) } : {}),
      };
    },
    check: () => Promise.resolve({}),
    close: () => Promise.resolve(),
  };
}

/** Of one that is taken, nothing is left to be read. */
function takeWhole(body: Readable, whole: Buffer | null): Buffer | null {
  body.destroy();
  return whole;
}

/** A result for each request, as a batch for a batch. */
export const respondToAll = ({ text }: SentRequest): ScriptedResponse => {
  const value = JSON.parse(text) as Record<string, unknown> | Record<string, unknown>[];
  const responses = [value].flat().flatMap(({ id }) => (id === undefined ? [] : [resultOf(id)]));
  return { body: JSON.stringify(Array.isArray(value) ? responses : responses[0]) };
};

/** A response that never comes. */
export const never = (): Promise<never> => new Promise(() => {});

/** A stream that the test writes to and ends. */
export function eventStream(): {
  readonly response: ScriptedResponse;
  readonly stream: Readable;
  send(text: string): void;
} {
  const stream = new Readable({ read() {} });
  return {
    stream,
    response: { headers: { "content-type": "text/event-stream" }, body: stream },
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
