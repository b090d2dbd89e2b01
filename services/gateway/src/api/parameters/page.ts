import { documentedAs } from "@sark/http-api";
import { z } from "zod";

/** `cursor` and `limit` of a list whose pages begin after a number. */
export function pageOf(bounds: { readonly max: number; readonly usual: number }) {
  const { max, usual } = bounds;
  const error = `must be a whole number from 1 to ${max}`;
  return {
    cursor: documentedAs(
      z
        .string()
        .regex(/^\d{1,15}$/, "not one that this list gave out")
        .transform(Number),
      { type: "string", description: "`next_cursor` of the page before" },
    ).optional(),
    limit: documentedAs(
      z
        .string()
        .regex(/^\d{1,4}$/, error)
        .transform(Number)
        .pipe(z.number().min(1, error).max(max, error))
        .default(usual),
      { type: "integer", minimum: 1, maximum: max, default: usual },
    ),
  };
}
