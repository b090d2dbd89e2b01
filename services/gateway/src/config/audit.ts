import { WHEN_DOWN } from "@sark/audit";
import { PAYLOAD_POLICIES } from "@sark/audit/payloads";
import { byteSizeSchema, durationSchema } from "@sark/observability/settings";
import { z } from "zod";

const wholeDays = durationSchema({ min: "1d", max: "36500d", multipleOf: "1d" });
const count = z.number().int().positive();
const payloadPolicy = z.enum(PAYLOAD_POLICIES);
const whenDown = z.enum(WHEN_DOWN).default("closed");
const regularExpression = z.string().refine(isRegularExpression, "must be a regular expression");

function isRegularExpression(source: string): boolean {
  try {
    return new RegExp(source, "iu").source !== "";
  } catch {
    return false;
  }
}

const whenDownSchema = z.strictObject({
  low: whenDown.describe("For calls of low sensitivity."),
  medium: whenDown.describe("For calls of medium sensitivity."),
  high: whenDown.describe("For calls of high sensitivity."),
  critical: whenDown.describe("For calls of critical sensitivity."),
});

const witnessSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .describe("Its submission prefix, without `/add-checkpoint` (C2SP tlog-witness)."),
  key: z.string().describe("Its verifier key, of the cosignature kind."),
});

const timeStampAuthoritySchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .describe("Where it takes RFC 3161 requests."),
  certificateFiles: z
    .array(z.string())
    .min(1)
    .describe("PEM files: the authority's certificate, or that of who vouches for it."),
});

/** Section `audit`: what is recorded, for how long, and how it is proven. */
export const auditSchema = z.strictObject({
  queueLimit: count
    .default(10_000)
    .describe("Most records that wait for the store; further calls are refused as overloaded."),
  arguments: payloadPolicy
    .default("redacted")
    .describe("What is kept of arguments: nothing, a salted digest, the arguments without secrets, or all."),
  results: payloadPolicy
    .default("digest")
    .describe("What is kept of results: nothing, a salted digest, the result without secrets, or all."),
  maxPayloadSize: byteSizeSchema()
    .prefault("256KiB")
    .describe("Of larger arguments or results only the digest is kept."),
  redactKeys: regularExpression
    .optional()
    .describe("Names of further keys whose values are hidden (a regular expression, case does not matter)."),
  redactPatterns: z
    .array(regularExpression)
    .default([])
    .describe("Further shapes of secrets that are hidden within texts (regular expressions)."),
  whenDown: whenDownSchema
    .prefault({})
    .describe(
      "While the database takes no records, by sensitivity of what is called: `closed` refuses the call, `spool` keeps its record on the disk first, `open` lets it go on unrecorded.",
    ),
  maxSpoolSize: byteSizeSchema()
    .prefault("256MiB")
    .describe("Most that waits on the disk for the database; then calls are refused."),
  retention: wholeDays
    .optional()
    .describe("Events are dropped when they are older, by whole days; without it they stay."),
  payloadRetention: wholeDays
    .optional()
    .describe("Arguments and results may be dropped earlier than their events."),
  maintenanceInterval: durationSchema({ min: "100ms" })
    .prefault("1m")
    .describe("Time between two searches for what retention may drop and for orphans."),
  deliveryDrainTimeout: durationSchema({ min: "0s" })
    .prefault("5s")
    .describe(
      "On shutdown, destinations have this long to take what is committed; the rest goes out after the next start.",
    ),
  orphanAfter: durationSchema({ min: "1s", max: "36500d", multipleOf: "1s" })
    .prefault("15m")
    .describe("A call whose end is not recorded after this time counts as orphaned."),
  signing: z
    .boolean()
    .default(true)
    .describe("Whether this replica may sign the transparency log; one of those that may does."),
  logOrigin: z
    .string()
    .regex(/^[^\s+]{1,200}$/, 'must not contain spaces or "+"')
    .default("sark.local/audit")
    .describe(
      "Name of the transparency log and of its key, such as `audit.example.com/sark`; never change it.",
    ),
  logKeyFile: z
    .string()
    .optional()
    .describe(
      "Ed25519 key that signs the log (PEM, mode 0600), the same for all replicas; default: audit-log.pem in the data directory.",
    ),
  formerLogKeysFile: z
    .string()
    .optional()
    .describe("Keys that signed before this one: a verifier key per line with `until=SIZE`."),
  unsignedRecordsUntil: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      "Of a log that a version before signed purge records has begun: the number of events at the upgrade. Records of purges below it count unsigned.",
    ),
  checkpointInterval: durationSchema({ min: "10ms", max: "1m" })
    .prefault("500ms")
    .describe("Time between checkpoints while events flow."),
  witnesses: z.array(witnessSchema).default([]).describe("Who cosigns checkpoints."),
  timeStampAuthorities: z
    .array(timeStampAuthoritySchema)
    .default([])
    .describe("Who time-stamps checkpoints (RFC 3161)."),
});
