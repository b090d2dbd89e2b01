import { logShippingSchema } from "@sark/audit/log-shipping";
import { byteSizeSchema, durationSchema } from "@sark/observability/settings";
import { z } from "zod";

/** Files that the limit leaves room for at the least: each of the three logs writes to one, and keeps one beside it. */
const MIN_FILES = 6;

const filesSchema = z
  .strictObject({
    directory: z
      .string()
      .optional()
      .describe("Folder of the files, for this process alone; default: `logs` in the data directory."),
    maxFileSize: byteSizeSchema({ min: "64KiB" })
      .prefault("32MiB")
      .describe("A file is closed before it grows beyond this."),
    maxFileAge: durationSchema({ min: "1s", max: "36500d" })
      .prefault("24h")
      .describe("A file is closed when it is as old as this."),
    maxTotalSize: byteSizeSchema()
      .prefault("1GiB")
      .describe("All files together; beyond it the oldest of the largest log are removed."),
    compressAfter: durationSchema({ min: "0s", max: "36500d" })
      .prefault("1h")
      .describe(
        "A closed file stays as it is for so long, for a collector that reads plain files and is away meanwhile; those that wait take half of `maxTotalSize` at most.",
      ),
  })
  .refine(({ maxFileSize, maxTotalSize }) => maxTotalSize >= MIN_FILES * maxFileSize, {
    path: ["maxTotalSize"],
    message: `must be at least ${MIN_FILES} times maxFileSize`,
  });

const samplingSchema = z.strictObject({
  first: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100)
    .describe("The first lines of a kind in each window are written; a kind is a component with a message."),
  thenEach: z.int().min(1).max(1_000_000).default(100).describe("Of those beyond, one of so many is."),
  window: durationSchema({ min: "100ms", max: "1h" }).prefault("1s").describe("Length of a window."),
});

/**
 * Section `logging`: which lines are written, and where they go.
 *
 * @param hideEmails whether addresses of e-mail are taken out of lines where the configuration says nothing
 */
export const loggingSchema = (hideEmails: boolean) =>
  z
    .strictObject({
      level: z
        .enum(["trace", "debug", "info", "warn", "error", "fatal"])
        .default("info")
        .describe("Lowest level written."),
      format: z
        .enum(["auto", "json", "text"])
        .default("auto")
        .describe(
          "Lines on standard output: `auto` is text for people at a terminal, else JSON. Files have JSON.",
        ),
      stdout: z
        .boolean()
        .default(true)
        .describe("Whether lines go to standard output; `false` where `logging.files` are enough."),
      stalls: durationSchema({ min: "50ms", max: "1h" })
        .prefault("1s")
        .describe("A warning says when the event loop stood still for longer, and what ran."),
      slowStatements: durationSchema({ min: "1ms", max: "1h" })
        .prefault("1s")
        .describe("A warning says which statement to the database took longer, without its values."),
      sampling: samplingSchema
        .optional()
        .describe(
          "Leave out lines that come in great numbers, and say how many; never warnings, errors or lines of the security log. Without it all are written.",
        ),
      hideEmails: z
        .boolean()
        .default(hideEmails)
        .describe("Whether addresses of e-mail are taken out of log lines, as secrets are."),
      files: filesSchema
        .optional()
        .describe("Write lines to rotated files; docs/logging.md says how. Without it there are none."),
      cloudwatch: logShippingSchema
        .optional()
        .describe("Ship the rotated files to CloudWatch Logs; without it they are not shipped."),
    })
    .refine(({ stdout, files }) => stdout || files !== undefined, {
      path: ["stdout"],
      message: "false needs logging.files: lines must go somewhere",
    })
    .refine(({ files, cloudwatch }) => cloudwatch === undefined || files !== undefined, {
      path: ["cloudwatch"],
      message: "needs logging.files: it ships those",
    });
export type LoggingConfig = z.output<ReturnType<typeof loggingSchema>>;
