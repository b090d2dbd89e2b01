import type { z } from "zod";
import { HttpError } from "../http/errors.ts";

/** Parses a body by its schema; a bad one is refused with the first field at fault. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field =
    issue?.code === "unrecognized_keys"
      ? [...issue.path, issue.keys[0] ?? ""].join(".")
      : issue?.path.join(".") || "body";
  throw new HttpError(400, "invalid_request", `${field}: ${issue?.message ?? "not valid"}`, { field });
}
