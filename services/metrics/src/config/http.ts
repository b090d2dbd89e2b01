import { serverSettings } from "@sark/http-service/config";
import { byteSizeSchema } from "@sark/observability/settings";
import { z } from "zod";

/** Section `http`: where the service listens, and what a client may cost. */
export const httpSchema = z.strictObject({
  ...serverSettings(8100),
  maxBodySize: byteSizeSchema()
    .prefault("8MiB")
    .describe("Largest request body, and the most that a packed one may hold; a larger one gets 413."),
});
