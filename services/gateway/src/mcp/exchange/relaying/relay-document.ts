import type { Awaitable } from "../../../domain/awaitable.ts";
import type { UpstreamResponse } from "../../../domain/upstream.ts";
import { failureText } from "../../errors/error-response.ts";
import { MalformedResponse } from "../../errors/malformed-response.ts";
import { upstreamFailure } from "../../errors/upstream-failure.ts";
import { mediaType } from "../../../mcp-protocol/http/headers.ts";
import { collect } from "../../response/collect.ts";
import { inspectMessages } from "../../response/inspect.ts";
import { decodeDocument, readServerMessages } from "../../response/read-messages.ts";
import { sourceOf } from "../../../domain/source.ts";
import { settleFailed } from "../responding/fail-calls.ts";
import { inspectionOf } from "./inspection.ts";
import type { Outgoing } from "../sending/outgoing.ts";

/**
 * Reads a response that is one JSON document, inspects it, and returns what to pass on: the server's own text unless
 * something had to change. Throws a `MalformedResponse` when it is no response to what was sent.
 */
export async function relayDocument(
  outgoing: Outgoing,
  head: UpstreamResponse,
  room: (bytes: number) => Awaitable<void>,
): Promise<string> {
  const { context, calls, batch, refusals } = outgoing;
  // A charset says nothing (RFC 8259): clients read JSON as UTF-8 whatever is claimed, and get no claim from here.
  if (mediaType(head.headers["content-type"]) !== "application/json") {
    throw new MalformedResponse("Neither JSON nor an event stream.", "wrong_content_type");
  }
  const { limits, reading } = context.parts;
  const bytes = await collect(head, limits.maxResponseBytes, room);
  const beginning = reading.begin(sourceOf(context.caller.principal), () =>
    readServerMessages(decodeDocument(bytes), limits.maxResponseValues),
  );
  const document = beginning instanceof Promise ? await beginning : beginning;
  // The response to a batch is a batch or, where one response is due, that alone; to a single request it is never a batch.
  if (document.batch && !batch) {
    throw new MalformedResponse("The response to a single request is a batch.");
  }
  const passed = await inspectMessages(document, inspectionOf(context, calls, "drop"));
  const missing = calls.filter((call) => !call.settled);
  const [single] = passed;
  if (!batch) {
    if (missing.length > 0 || single === undefined) {
      throw new MalformedResponse("The document has no response to the request.", "missing_response");
    }
    return single;
  }
  const failure = upstreamFailure("upstream_silent");
  const texts = missing.map((call) => failureText(call.id, failure, call.audit, context.caller));
  settleFailed(context, missing, failure, null);
  return `[${[...refusals, ...passed, ...texts].join(",")}]`;
}
