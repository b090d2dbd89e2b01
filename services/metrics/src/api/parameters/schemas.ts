import { refuseOddName } from "@sark/authentication/config";
import { z } from "zod";

/** A name of a tenant, a user, a role or a team. */
export const nameSchema = (max = 200) => z.string().min(1).max(max).superRefine(refuseOddName);

export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, "must be 1 to 1000")
    .transform(Number)
    .refine((limit) => limit <= 1_000, "must be 1 to 1000")
    .optional()
    .describe("Most entries of a page; default 100"),
  cursor: z
    .string()
    .regex(/^[\w-]{1,600}$/, "is no cursor")
    .optional()
    .describe("`next_cursor` of the page before"),
});
export const DEFAULT_LIMIT = 100;

/** Where a page ends, as text that clients only hand back. */
export function writeCursor(position: readonly string[]): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/** `null` for what is no cursor of so many parts. */
export function readCursor(cursor: string, parts: number): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) && value.length === parts && value.every((part) => typeof part === "string")
      ? value
      : null;
  } catch {
    return null;
  }
}
