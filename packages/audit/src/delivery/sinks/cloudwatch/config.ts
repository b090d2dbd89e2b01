import { secretSchema } from "@sark/observability/settings";
import { z } from "zod";
import { receiverUrlSchema } from "../../http/receiver-url.ts";
import { tlsSchema } from "../../http/tls.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;
const RETENTIONS = RETENTION_DAYS.map((days) => `${days}d` as const);

export const cloudWatchSchema = z.strictObject({
  type: z.literal("cloudwatch"),
  region: z.string().min(1).describe("AWS region, e.g. eu-central-1"),
  logGroup: z
    .string()
    .regex(/^[.\-_/#A-Za-z0-9]{1,512}$/, "a log group has up to 512 of a-z, A-Z, 0-9, . - _ / #")
    .describe("Log group; it is made when it is missing."),
  logStream: z
    .string()
    .regex(/^[^:*]{1,512}$/, "a log stream has up to 512 characters without : and *")
    .optional()
    .describe("Log stream; without it the name of this machine."),
  retention: z
    .enum(RETENTIONS, { error: `must be one of ${RETENTIONS.join(", ")}` })
    .transform((text) => RETENTION_DAYS[RETENTIONS.indexOf(text)])
    .optional()
    .describe("How long a group that is made here keeps its events; without it for ever."),
  credentials: z
    .strictObject({
      accessKeyId: secretSchema().describe("Id of the access key."),
      secretAccessKey: secretSchema().describe("Its secret."),
      sessionToken: secretSchema().optional().describe("Token of temporary credentials."),
    })
    .optional()
    .describe("Without it AWS's own chain: environment, shared files, web identity, container, instance."),
  endpoint: receiverUrlSchema
    .optional()
    .describe("Address instead of the region's own, e.g. of a VPC endpoint."),
  tls: tlsSchema.optional(),
});
export type CloudWatchSettings = z.output<typeof cloudWatchSchema>;
