import { isUtf8 } from "node:buffer";
import type { JsonRpcId } from "../../domain/json-rpc.ts";
import {
  type Json,
  elementRanges,
  skipBlank,
  valueEnd,
  type Range,
  readJson,
  UnreadableJson,
  type JsonProblem,
} from "@sark/json";
import { Rejection } from "../errors/rejection.ts";
import type { McpLimits } from "../contract/limits.ts";
import { refuseOddNumberIds } from "./number-ids.ts";
import { readableId, readMessage } from "./message.ts";
import type { ClientMessage } from "../../mcp-protocol/json-rpc/client-message.ts";

/** What a POST brought: the text as it was sent, and its messages. */
export interface PostBody {
  readonly text: string;
  readonly batch: boolean;
  readonly messages: readonly ClientMessage[];
}

/** A body that could be parsed at least, so that an error can name the request it is about. */
export interface ParsedBody {
  readonly text: string;
  readonly value: Json;
  /** `null` for batches and for whatever is no request. */
  readonly id: JsonRpcId | null;
  /** Why another parser may see another message; `null` where none can. */
  readonly problem: JsonProblem | null;
}

const REJECTION_OF = {
  duplicate_key: "duplicate_key",
  similar_keys: "similar_key",
  broken_unicode: "broken_unicode",
  number_out_of_range: "number_out_of_range",
} as const;

/**
 * Parses once, and looks for everything that another parser might read differently: a byte order mark, bytes that
 * are not UTF-8, keys that are one key to some readers, half a character, nesting without end. Throws a `Rejection`.
 */
export function parseBody(body: Buffer | null, limits: McpLimits): ParsedBody {
  if (body === null || body.length === 0) {
    throw new Rejection("malformed_json", "Parse error: the body is empty.");
  }
  if (!isUtf8(body)) {
    throw new Rejection("malformed_json", "Parse error: the body is not UTF-8.");
  }
  const text = body.toString("utf8");
  const { value, problem } = read(text, limits);
  return { text, value, id: readableId(value, limits), problem };
}

/** Sorts and checks the messages of a body. Throws a `Rejection`. */
export function readMessages({ text, value, problem }: ParsedBody, limits: McpLimits): PostBody {
  if (problem !== null) {
    throw new Rejection(
      REJECTION_OF[problem.kind],
      `The message could be read in two ways: ${problem.problem}.`,
    );
  }
  if (!Array.isArray(value)) {
    const body = { text, batch: false, messages: [readMessage(value, limits)] };
    refuseOddNumberIds(text, () => messageRanges(body));
    return body;
  }
  if (value.length === 0) {
    throw new Rejection("batch_invalid", "A batch must not be empty.");
  }
  if (value.length > limits.maxBatch) {
    throw new Rejection("batch_invalid", `A batch must not have more than ${limits.maxBatch} messages.`);
  }
  const messages = value.map((element) => readMessage(element, limits));
  refuseRepeatedIds(messages);
  const body = { text, batch: true, messages };
  refuseOddNumberIds(text, () => messageRanges(body));
  return body;
}

/** Where each message stands in the text, in order. */
export function messageRanges(body: PostBody): readonly Range[] {
  const start = skipBlank(body.text, 0);
  return body.batch ? elementRanges(body.text, start) : [{ start, end: valueEnd(body.text, start) }];
}

function read(text: string, limits: McpLimits): ReturnType<typeof readJson> {
  try {
    return readJson(text, limits);
  } catch (error) {
    if (!(error instanceof UnreadableJson)) {
      throw error;
    }
    switch (error.kind) {
      case "too_deep":
        throw new Rejection("too_deep", `The message is ${error.message}.`);
      case "too_many_values":
        throw new Rejection("too_many_values", `The body has ${error.message}.`);
      case "not_json":
        throw new Rejection("malformed_json", "Parse error: the body is not valid JSON.");
    }
  }
}

function refuseRepeatedIds(messages: readonly ClientMessage[]): void {
  const seen = new Set<unknown>();
  for (const { type, message } of messages) {
    if (type !== "request") {
      continue;
    }
    if (message.method === "initialize") {
      throw new Rejection("batch_invalid", "initialize must not be part of a batch.");
    }
    if (seen.has(message.id)) {
      throw new Rejection("duplicate_id", "Two requests of the batch have the same id.");
    }
    seen.add(message.id);
  }
}
