import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { closeServer, listenOnLoopback } from "../../loopback.ts";
import { createCertificates, type CertificateKind } from "./certificates.ts";
import { createFaultPlan, type FaultBehaviour, type FaultPlan } from "./faults.ts";
import { readBody } from "./read-body.ts";
import { respond, type Response } from "./respond.ts";

/** A request as the receiver's rules see it: whole and decompressed. */
export interface ReceiverRequest {
  readonly operation: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  /** `null` when its encoding is unknown or broken. */
  readonly content: Buffer | null;
  readonly sent: Buffer;
}

export interface ReceiverResponse extends Response {
  /** Keeps what the request brought; not called when a fault says that it is lost. */
  take?(): void;
}

/** One kind of receiver: its operations and its rules. */
export interface ReceiverRules {
  /** Content encodings that it understands, besides none. */
  readonly encodings: readonly ("gzip" | "deflate")[];
  /** The operation that a request asks for; `null` gets 404. */
  operation(method: string, url: URL, headers: IncomingMessage["headers"]): string | null;
  response(request: ReceiverRequest, special: string | undefined): ReceiverResponse;
  /** The response for a code of its own table, and whether that table calls it accepted. */
  code?(code: number): Response & { readonly accepted: boolean };
}

/** What came in, taken or not. Bodies are not kept. */
interface SeenDelivery {
  readonly operation: string;
  readonly headers: IncomingMessage["headers"];
  readonly sentBytes: number;
  readonly contentBytes: number;
  /** Of the response; `null` where none was sent. */
  readonly status: number | null;
  readonly taken: boolean;
}

export interface ReceiverOptions {
  readonly port?: number;
  /** Serves HTTPS with this certificate; HTTP when absent. */
  readonly tls?: CertificateKind;
}

export interface ReceiverHandle {
  /** `http(s)://127.0.0.1:<port>` */
  readonly url: string;
  /** PEM of the authority to trust, with `tls`. */
  readonly authority: string | undefined;
  readonly faults: FaultPlan;
  /** The newest 10,000 requests, oldest first. */
  requests(): readonly SeenDelivery[];
  /** Refuses connections and drops those that stand, until `restore`. */
  goDown(): Promise<void>;
  restore(): Promise<void>;
  close(): Promise<void>;
}

const KEPT_REQUESTS = 10_000;

/** Serves a receiver's rules on 127.0.0.1, with faults. */
export async function startReceiver(
  rules: ReceiverRules,
  options: ReceiverOptions = {},
): Promise<ReceiverHandle> {
  const faults = createFaultPlan();
  const seen: SeenDelivery[] = [];

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const method = req.method ?? "";
    const url = new URL(req.url ?? "/", "http://receiver");
    const operation = rules.operation(method, url, req.headers);
    const fault = operation === null ? undefined : faults.next(operation);
    const note = (status: number | null, taken: boolean, sentBytes = 0, contentBytes = 0) => {
      const { headers } = req;
      seen.push({ operation: operation ?? "unknown", headers, sentBytes, contentBytes, status, taken });
      if (seen.length > KEPT_REQUESTS) {
        seen.shift();
      }
    };
    if (fault?.kind === "reset-before-body") {
      note(null, false);
      return respond(res, { status: 0, body: "" }, fault);
    }
    const { sent, content } = await readBody(req, rules.encodings);
    const request = { operation: operation ?? "", method, url, headers: req.headers, content, sent };
    const proper = operation === null ? notFound(request) : rules.response(request, special(fault));
    const taken = keeps(fault, rules) && proper.take !== undefined;
    if (taken) {
      proper.take?.();
    }
    const response = instead(fault, rules, proper) ?? proper;
    const silent = fault?.kind === "hang" || fault?.kind === "reset-after-body";
    note(silent ? null : response.status, taken, sent.length, content?.length ?? 0);
    await respond(res, response, fault);
  }

  const certificates = options.tls === undefined ? undefined : await createCertificates();
  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    // Clients that go away in the middle are part of the game.
    res.on("error", () => undefined);
    serve(req, res).catch(() => res.destroy());
  };
  const create = () =>
    certificates === undefined || options.tls === undefined
      ? createHttpServer(listener)
      : createHttpsServer(certificates.servers[options.tls], listener);

  let server = create();
  const port = await listenOnLoopback(server, options.port);
  return {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    authority: certificates?.authority,
    faults,
    requests: () => [...seen],
    goDown: () => closeServer(server),
    async restore() {
      server = create();
      await listenOnLoopback(server, port);
    },
    close: () => (server.listening ? closeServer(server) : Promise.resolve()),
  };
}

function notFound({ method, url }: ReceiverRequest): ReceiverResponse {
  return { status: 404, body: { error: `nothing is at ${method} ${url.pathname}` } };
}

function special(fault: FaultBehaviour | undefined): string | undefined {
  return fault?.kind === "special" ? fault.name : undefined;
}

/** Whether what the request brings is kept. */
function keeps(fault: FaultBehaviour | undefined, rules: ReceiverRules): boolean {
  switch (fault?.kind) {
    case undefined:
    case "special":
    case "slow-drip":
      return true;
    case "reset-before-body":
      return false;
    case "code":
      return fault.taken ?? rules.code?.(fault.code).accepted ?? false;
    case "response":
    case "half-response":
    case "hang":
    case "garbage":
    case "reset-after-body":
      return fault.taken ?? false;
  }
}

/** The response that the fault puts in place of the proper one. */
function instead(
  fault: FaultBehaviour | undefined,
  rules: ReceiverRules,
  proper: Response,
): Response | undefined {
  if (fault?.kind === "code") {
    const response = rules.code?.(fault.code);
    // An acceptance by another code still carries what an acceptance carries, an `ackId` for one.
    return response?.accepted
      ? { ...response, body: { ...Object(proper.body), ...Object(response.body) } }
      : response;
  }
  if (fault?.kind !== "response") {
    return undefined;
  }
  const { status, body = {}, headers = {} } = fault;
  return { status, body, headers };
}
