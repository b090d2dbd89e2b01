import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { validate } from "@sark/observability/validation";
import { z } from "zod";
import { CommandError, EXIT } from "../../exit-code.ts";

const dashboardFile = z.looseObject({
  // Grafana takes no longer one.
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string().min(1),
  tags: z.array(z.string()),
  templating: z.looseObject({ list: z.array(z.looseObject({ name: z.string(), type: z.string() })) }),
});
/** A dashboard as it is in its file. */
export type DashboardFile = z.output<typeof dashboardFile>;

/** The dashboards of a folder, or of one file. Throws a `CommandError` where there is none, or a file holds something else. */
export function readDashboards(path: string): DashboardFile[] {
  const files = filesAt(path);
  if (files.length === 0) {
    throw new CommandError(EXIT.usage, `There are no dashboards (*.json) in ${path}.`);
  }
  return files.map((file) => {
    const parsed = validate(dashboardFile, jsonOf(file));
    if (!parsed.valid) {
      throw new CommandError(
        EXIT.usage,
        `${file} is no dashboard: it needs a uid, a title, tags and templating.`,
      );
    }
    return parsed.data;
  });
}

function filesAt(path: string): string[] {
  try {
    return statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => name.endsWith(".json"))
          .toSorted()
          .map((name) => join(path, name))
      : [path];
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function jsonOf(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw unreadable(file, cause);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unreadable(path: string, cause: unknown): CommandError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  return new CommandError(EXIT.usage, `Cannot read the dashboards in ${path} (${code}).`, { cause });
}
