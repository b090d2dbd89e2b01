import { logShippingSchema } from "@sark/audit/log-shipping";
import { z } from "zod";

const MIB = 1024 * 1024;
/** Files that the limit leaves room for at the least: each of the three logs writes to one, and keeps one beside it. */
const MIN_FILES = 6;

const filesSchema = z
  .strictObject({
    directory: z
      .string()
      .optional()
      .describe("Folder of the files, for this process alone; default: `logs` in the data directory."),
    maxFileBytes: z
      .number()
      .int()
      .min(64 * 1024)
      .default(32 * MIB)
      .describe("A file is closed, and compressed, before it grows beyond this, in bytes."),
    maxAgeSeconds: z
      .number()
      .int()
      .positive()
      .default(86_400)
      .describe("The same when it was begun so long ago, in seconds."),
    maxTotalBytes: z
      .number()
      .int()
      .positive()
      .default(1024 * MIB)
      .describe("All files together, in bytes; beyond it the oldest of the largest log are removed."),
  })
  .refine(({ maxFileBytes, maxTotalBytes }) => maxTotalBytes >= MIN_FILES * maxFileBytes, {
    path: ["maxTotalBytes"],
    message: `must be at least ${MIN_FILES} times maxFileBytes`,
  });

/** Section `logging`: which lines are written, and where they go. */
export const loggingSchema = z
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
      .enum(["on", "off"])
      .default("on")
      .describe("Whether lines go to standard output; `off` where `logging.files` are enough."),
    files: filesSchema
      .optional()
      .describe("Write lines to rotated files; docs/logging.md says how. Without it there are none."),
    cloudwatch: logShippingSchema
      .optional()
      .describe("Ship the rotated files to CloudWatch Logs; without it they are not shipped."),
  })
  .refine(({ stdout, files }) => stdout === "on" || files !== undefined, {
    path: ["stdout"],
    message: "off needs logging.files: lines must go somewhere",
  })
  .refine(({ files, cloudwatch }) => cloudwatch === undefined || files !== undefined, {
    path: ["cloudwatch"],
    message: "needs logging.files: it ships those",
  });
