import { followFiles, type FileNotice, type FollowedFiles } from "@sark/observability/files";
import { expandReferences, referencedFiles, SecretError } from "@sark/observability/settings";

/** A configured upstream that cannot be set up; the message names the entry and the remedy, never a value. */
export class UpstreamConfigError extends Error {
  override readonly name = "UpstreamConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The values of a record with the secrets that they refer to, and again whenever one of their files changes; `where` names
 * the record. What `check` throws for leaves the former values in use.
 */
export function followRecord(
  record: Readonly<Record<string, string>>,
  where: string,
  environment: Environment,
  options: { readonly notice: FileNotice; check?(expanded: Record<string, string>): void },
): FollowedFiles<Readonly<Record<string, string>>> {
  return followFiles(
    Object.values(record).flatMap(referencedFiles),
    () => {
      const expanded = expandRecord(record, where, environment);
      options.check?.(expanded);
      return expanded;
    },
    options.notice,
  );
}

function expandRecord(
  record: Readonly<Record<string, string>>,
  where: string,
  environment: Environment,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record).map(([name, text]) => {
      try {
        return [name, expandReferences(text, environment)];
      } catch (error) {
        if (!(error instanceof SecretError)) {
          throw error;
        }
        throw new UpstreamConfigError(`${where}.${name}: ${error.message}`, { cause: error.cause });
      }
    }),
  );
}
