import { validate } from "@sark/observability/validation";
import type { z } from "zod";
import type { Input } from "../endpoint.ts";
import { EndpointError } from "../errors.ts";

/** Parses what a request says, part by part. Throws `invalid_input`, naming the first field at fault. */
export function readInput(
  schemas: Input,
  sent: Readonly<Record<keyof Input, unknown>>,
): Readonly<Record<keyof Input, unknown>> {
  return {
    path: parseInput(schemas.path, sent.path, "path"),
    query: parseInput(schemas.query, sent.query, "query"),
    headers: parseInput(schemas.headers, sent.headers, "headers"),
    body: parseInput(schemas.body, sent.body, "body"),
  };
}

/** Whether a request may leave its body out. */
export function isOptional(schema: z.ZodType): boolean {
  return schema.safeParse(undefined).success;
}

/** Parses one part of what a request says. */
export function parseInput(schema: z.ZodType | undefined, value: unknown, part: string): unknown {
  const checked = schema && validate(schema, value);
  if (checked === undefined || checked.valid) {
    return checked?.data;
  }
  const field = checked.field ?? part;
  throw new EndpointError("invalid_input", `${field}: ${checked.message}`, { field });
}
