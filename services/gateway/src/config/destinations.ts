import { destinationSchema } from "@sark/audit/delivery";
import { z } from "zod";

/** As many as the metrics tell apart. */
const MAX_DESTINATIONS = 50;

/** Section `destinations`: who gets every event of the audit log. */
export const destinationsSchema = z
  .array(destinationSchema)
  .max(MAX_DESTINATIONS)
  .superRefine((destinations, context) => {
    const names = destinations.map(({ name }) => name);
    for (const [at, name] of names.entries()) {
      const first = names.indexOf(name);
      if (first === at) {
        continue;
      }
      const message = `"${name}" is the name of destinations.${first} already; its place in the log is kept under it`;
      context.addIssue({ code: "custom", path: [at, "name"], message });
    }
  })
  .default([])
  .describe("SIEMs and log services that get every event of the audit log; docs/audit/delivery.md says how.");
