import { byteSizeSchema, durationSchema } from "@sark/observability/settings";
import { z } from "zod";
import { tlsSchema } from "../../http/tls.ts";

export const syslogSchema = z.strictObject({
  type: z.literal("syslog"),
  host: z.string().min(1).describe("Name or address of the receiver."),
  port: z.number().int().min(1).max(65535).describe("Its port; 6514 is the one for TLS."),
  transport: z.enum(["tls", "tcp"]).default("tls").describe("`tcp` is neither private nor authenticated."),
  facility: z.number().int().min(0).max(23).default(13).describe("Syslog facility; 13 is log audit."),
  appName: z
    .string()
    .regex(/^[\x21-\x7e]{1,48}$/, "up to 48 printable characters without spaces")
    .default("sark")
    .describe("APP-NAME of the messages."),
  structuredDataId: z
    .string()
    .regex(/^[A-Za-z0-9]+@\d+(\.\d+)*$/, "a name, @ and a private enterprise number")
    .default("sark@32473")
    .describe("SD-ID of the structured data; 32473 is the number for examples."),
  maxMessageSize: byteSizeSchema({ min: "2KiB", max: "1MiB" })
    .prefault("8KiB")
    .describe("Longer messages are cut here, by their payload, before the receiver cuts them anywhere."),
  settleTime: durationSchema({ min: "0s", max: "1m" })
    .prefault("1s")
    .describe(
      "Where the receiver ends its side of a connection at once, nothing confirms what it reads: then a message counts as sent when the connection stands for so long after it.",
    ),
  confirmEvents: z
    .number()
    .int()
    .positive()
    .default(1_000)
    .describe(
      "A connection is ended after so many events, to learn from the receiver's end that it read them.",
    ),
  confirmInterval: durationSchema()
    .prefault("1s")
    .describe("It is ended this long after it was opened in any case."),
  tls: tlsSchema.optional(),
});
export type SyslogSettings = z.output<typeof syslogSchema>;
