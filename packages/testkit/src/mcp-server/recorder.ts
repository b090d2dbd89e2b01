import { AsyncLocalStorage } from "node:async_hooks";

/** One thing that the server saw: an HTTP request, or a message on stdin. */
export interface SeenRequest {
  readonly transport: "http" | "stdio";
  /** Which half of the server responded: sessions or the stateless revision. */
  era: "legacy" | "modern" | null;
  /** `null` on stdio. */
  readonly httpMethod: string | null;
  /** Path with query; `null` on stdio. */
  readonly url: string | null;
  /** Lower-case names; repeated ones joined by ", ". Empty on stdio. */
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON-RPC message, or the batch, or whatever else was posted; `null` without a body. */
  body: unknown;
  /** Of a single JSON-RPC message: its method, id and what it names (tool, prompt, URI). */
  method: string | null;
  id: string | number | null;
  target: string | null;
  /** HTTP status of the response, once it was sent. */
  status: number | null;
  /** The response was sent completely. */
  finished: boolean;
  /** The caller went away before the response was complete. */
  aborted: boolean;
  /** A tool that was still at work was told to stop, and noticed. */
  cancelled: boolean;
}

/** What a tool handler may do with the request it belongs to. */
export interface Exchange {
  readonly seen: SeenRequest;
  /** Drops the connection that carries the response, which has `begun` or not; absent on stdio. */
  disconnect?(begun: boolean): Promise<void>;
}

export interface Recorder {
  readonly requests: readonly SeenRequest[];
  open(entry: Pick<SeenRequest, "transport" | "httpMethod" | "url" | "headers">): SeenRequest;
  /** Fills in what the body says. */
  read(seen: SeenRequest, body: unknown): void;
  /** Tells the listener about the entry's present state. */
  update(seen: SeenRequest, change: Partial<Pick<SeenRequest, "era" | "cancelled">>): void;
  /** Runs a handler such that `current()` inside it finds its exchange. */
  run<T>(exchange: Exchange, work: () => T): T;
  current(): Exchange | undefined;
  clear(): void;
}

/** Keeps the newest `limit` entries; `listener` hears of each change (the program writes them to a file). */
export function createRecorder(listener: (seen: SeenRequest) => void = () => {}, limit = 10_000): Recorder {
  const requests: SeenRequest[] = [];
  const scope = new AsyncLocalStorage<Exchange>();
  return {
    requests,
    open(entry) {
      const seen: SeenRequest = {
        ...entry,
        era: null,
        body: null,
        method: null,
        id: null,
        target: null,
        status: null,
        finished: false,
        aborted: false,
        cancelled: false,
      };
      requests.push(seen);
      if (requests.length > limit) {
        requests.shift();
      }
      return seen;
    },
    read(seen, body) {
      seen.body = body;
      Object.assign(seen, describe(body));
      listener(seen);
    },
    update(seen, change) {
      Object.assign(seen, change);
      listener(seen);
    },
    run: (exchange, work) => scope.run(exchange, work),
    current: () => scope.getStore(),
    clear: () => void requests.splice(0),
  };
}

function describe(body: unknown): Pick<SeenRequest, "method" | "id" | "target"> {
  const message = isObject(body) ? body : {};
  const params = isObject(message["params"]) ? message["params"] : {};
  const { method, id } = message;
  const target = params["name"] ?? params["uri"];
  return {
    method: typeof method === "string" ? method : null,
    id: typeof id === "string" || typeof id === "number" ? id : null,
    target: typeof target === "string" ? target : null,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
