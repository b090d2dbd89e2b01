import type { z } from "zod";
import { HttpError } from "./errors.ts";

/** Parses a body or query by its schema; a bad one is refused with 400, naming the first field at fault. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) {
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  const field =
    issue?.code === "unrecognized_keys"
      ? [...issue.path, issue.keys[0] ?? ""].join(".")
      : issue?.path.join(".") || "body";
  throw new HttpError(400, "invalid_request", `${field}: ${issue?.message ?? "not valid"}`, { field });
}
