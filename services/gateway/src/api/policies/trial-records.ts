import type { Act } from "../access/access-records.ts";
import type { TestBody, ValidateBody } from "./parameters.ts";

/** As it goes on record: by its digest, a set that was tried can be told to be one that came into force later. */
export function trialOf(
  operation: "validate" | "test" | "replay",
  { files, opa_path: path, reason }: Pick<ValidateBody, "files" | "opa_path" | "reason">,
  revision: string | null,
): Act {
  return {
    operation,
    asked: {
      policies:
        files === undefined
          ? (path ?? "in force")
          : files
              .map(({ name }) => name)
              .join(" ")
              .slice(0, 1_000),
      revision,
      reason,
    },
  };
}

export function testOf(body: TestBody, revision: string | null): Act {
  const { operation, asked } = trialOf("test", body, revision);
  const { principal, action, server = null, tool = null } = body;
  return {
    operation,
    asked: { ...asked, principal: `${principal.type}:${principal.id}`, action, server, tool },
  };
}
