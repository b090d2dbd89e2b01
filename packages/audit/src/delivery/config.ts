import { deliverySettingsShape } from "./engine/settings/settings-schema.ts";
import { z } from "zod";
import { SINKS, sinkSchema } from "./sinks/registry.ts";
import { FORMAT_NAMES } from "./audit-events/format.ts";
import { COMPRESSIONS } from "./domain/compression.ts";

const startSchema = z
  .union(
    [
      z.enum(["now", "beginning"]),
      z.strictObject({ seq: z.number().int().min(0).describe("Number of the first event.") }),
      z.strictObject({
        time: z.iso.datetime({ offset: true }).describe("Time of the first event, RFC 3339."),
      }),
    ],
    { error: 'must be "now", "beginning", {"seq": NUMBER} or {"time": RFC 3339}' },
  )
  .default("now")
  .describe("Where a destination begins that is new; one that is known goes on where it was.");

/** Names the sinks of which something holds, as a sentence does. */
function sinksWith(holds: (sink: (typeof SINKS)[number]) => boolean): string {
  return new Intl.ListFormat("en").format(SINKS.filter(holds).map(({ type }) => `\`${type}\``));
}

const { maxConcurrency } = deliverySettingsShape;
const oneAtATime = sinksWith((sink) => sink.maxConcurrency === 1);
const plainByDefault = sinksWith(({ compressions }) => compressions[0] === "none" && compressions.length > 1);
const neverCompressed = sinksWith(({ compressions }) => !compressions.includes("gzip"));

/** One destination of the audit log, as it stands in a configuration file. */
export const destinationSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, "up to 63 of a-z, 0-9 and -, starting with a letter")
    .describe("Name of the destination; its place in the log is kept under it."),
  enabled: z
    .boolean()
    .default(true)
    .describe("Whether it gets events. Retention does not wait for one that does not."),
  format: z.enum(FORMAT_NAMES).default("json").describe("How events are written."),
  start: startSchema,
  ...deliverySettingsShape,
  maxConcurrency: maxConcurrency.describe(`${maxConcurrency.description} It is always 1 for ${oneAtATime}.`),
  compression: z
    .enum(COMPRESSIONS)
    .optional()
    .describe(
      `Whether request bodies are compressed. Default \`gzip\`, for ${plainByDefault} \`none\`. Without effect for ${neverCompressed}, whose protocols have no compression.`,
    ),
  sink: sinkSchema,
});
/** A destination's configuration, checked and with its defaults. */
export type DestinationConfig = z.output<typeof destinationSchema>;
/** As people write it: what has a default may be left out. */
export type DestinationInput = z.input<typeof destinationSchema>;
