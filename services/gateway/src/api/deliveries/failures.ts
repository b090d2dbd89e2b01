import { DeliveryError } from "@sark/audit/delivery";
import { HttpError } from "../../transport/errors.ts";

/** Runs what asks the database about destinations, and says what went wrong in terms of HTTP. Rejects with an `HttpError`. */
export async function asked<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (cause) {
    if (cause instanceof HttpError) {
      throw cause;
    }
    if (cause instanceof DeliveryError && cause.code === "unknown_destination") {
      throw new HttpError("not_found", cause.message, { cause });
    }
    if (cause instanceof DeliveryError && cause.code === "destination_in_use") {
      throw new HttpError("destination_held", cause.message, { cause });
    }
    throw new HttpError("audit_unavailable", "The audit store is unavailable; try again.", {
      cause,
      headers: { "retry-after": "1" },
    });
  }
}
