import { readJson, UnreadableJson } from "@sark/json";
import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { LIVE_KPIS, type MessageError } from "./names.ts";

const position = z.strictObject({
  epoch: z.string().regex(/^[\w-]{1,64}$/),
  seq: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
});

const clientMessage = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("subscribe"),
    kpis: z.array(z.enum(LIVE_KPIS)).min(1).max(LIVE_KPIS.length),
    /** Where the connection before has ended. */
    resume: position.optional(),
  }),
  z.strictObject({ type: z.literal("unsubscribe") }),
  z.strictObject({ type: z.literal("ping"), id: z.string().max(100).optional() }),
]);
export type ClientMessage = z.output<typeof clientMessage>;

/** A message that says nothing that is known here. */
export class InvalidMessage extends Error {
  override readonly name = "InvalidMessage";
  readonly code: Extract<MessageError, "invalid_json" | "invalid_message">;

  constructor(code: InvalidMessage["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const BOUNDS = { maxDepth: 4, maxValues: 50 };

/** Throws `InvalidMessage`. */
export function readClientMessage(text: string): ClientMessage {
  const parsed = validate(clientMessage, parse(text));
  if (!parsed.valid) {
    const where = parsed.field === null ? "" : `${parsed.field}: `;
    throw new InvalidMessage("invalid_message", `${where}${parsed.message}`);
  }
  return parsed.data;
}

function parse(text: string): unknown {
  try {
    const { value, problem } = readJson(text, BOUNDS);
    if (problem !== null) {
      throw new InvalidMessage("invalid_json", problem.problem);
    }
    return value;
  } catch (error) {
    if (error instanceof UnreadableJson) {
      throw new InvalidMessage("invalid_json", error.message, { cause: error });
    }
    throw error;
  }
}
