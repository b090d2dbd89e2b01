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
  maxMessageBytes: z
    .number()
    .int()
    .min(2_048)
    .max(1_048_576)
    .default(8_192)
    .describe("Longer messages are cut here, by their payload, before the receiver cuts them anywhere."),
  settleMs: z
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(1_000)
    .describe(
      "Where the receiver ends its side of a connection at once, nothing confirms what it reads: then a message counts as sent when the connection stands for so long after it, in milliseconds.",
    ),
  confirmEvents: z
    .number()
    .int()
    .positive()
    .default(1_000)
    .describe(
      "A connection is ended after so many events, to learn from the receiver's end that it read them.",
    ),
  confirmMs: z
    .number()
    .int()
    .positive()
    .default(1_000)
    .describe("It is ended this long after it was opened in any case, in milliseconds."),
  tls: tlsSchema.optional(),
});
export type SyslogSettings = z.output<typeof syslogSchema>;
