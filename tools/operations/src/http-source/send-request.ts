import type { ClientRequest, IncomingMessage } from "node:http";

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON, or, as `URLSearchParams`, as a form. */
  readonly body: unknown;
  /** Ends the exchange, the reading of the response included. */
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** To leave its loop closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Sends a request, and resolves when the response begins. Redirections are not followed: a credential must not go to another
 * place. Rejects with what the system says, or with the reason of `signal`.
 *
 * Not by `fetch`: to load it takes twice as long as the rest of a command, and so does an `import` of `node:http`, as
 * that loads `fetch` for one of its names.
 */
export function sendRequest({ url, method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
  const { request } = process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http");
  const [type, text] = encoded(body);
  return new Promise((resolve, reject) => {
    // An `AbortError` says less than the reason of it.
    const fail = (error: unknown) => reject(signal.aborted ? reasonOf(signal) : error);
    const sent: ClientRequest = request(url, {
      method,
      headers: {
        ...headers,
        ...(type === null ? {} : { "content-type": type }),
        ...(text === null ? {} : { "content-length": Buffer.byteLength(text) }),
      },
      signal,
    });
    sent.on("error", fail).once("response", (response) => {
      resolve({ status: response.statusCode ?? 0, body: read(response, signal) });
    });
    // Of this none was asked, and Node says neither `response` nor `error` where it is not listened to.
    sent.once("upgrade", (_response, socket) => {
      socket.destroy();
      fail(new Error("it changes to another protocol"));
    });
    sent.end(text ?? undefined);
  });
}

async function* read(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* response as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : error;
  }
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}

function encoded(body: unknown): [type: string | null, text: string | null] {
  if (body === undefined) {
    return [null, null];
  }
  return body instanceof URLSearchParams
    ? ["application/x-www-form-urlencoded", body.toString()]
    : ["application/json", JSON.stringify(body)];
}
