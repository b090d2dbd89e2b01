import { AuditError } from "@sark/audit";
import { LogBuilderError } from "@sark/audit/log-builder";
import { VerificationError } from "@sark/audit/verification";
import { HttpError } from "../../transport/errors.ts";

/** The store's names of fields, where parameters of this API are called otherwise. */
const PARAMETER_OF: Readonly<Record<string, string>> = {
  server_name: "server",
  tool_name: "tool",
  gateway_request_id: "request_id",
  tenant_id: "tenant",
};

/** Runs a query of the log and says what went wrong in terms of HTTP. Rejects with an `HttpError` where it can. */
export async function asked<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    throw toHttpError(error);
  }
}

export function notFound(what: string): HttpError {
  return new HttpError("not_found", `There is no ${what}.`);
}

function toHttpError(error: unknown): unknown {
  if (error instanceof LogBuilderError) {
    return fromLog(error);
  }
  if (error instanceof VerificationError && error.code === "nothing_signed") {
    return notYetLogged(error);
  }
  if (!(error instanceof AuditError)) {
    return error;
  }
  if (error.code === "needs_log_key") {
    const message = `${error.message} Send it to a replica that signs (audit.signing).`;
    return new HttpError("needs_log_key", message, { cause: error });
  }
  if (error.code !== "invalid_query") {
    const message =
      error.code === "store_timeout"
        ? "The audit store did not respond in time: narrow the query by time, user, agent, server, tool or request."
        : "The audit store is unavailable; try again.";
    return new HttpError("audit_unavailable", message, {
      cause: error,
      headers: { "retry-after": "1" },
    });
  }
  const theirs = error.field ?? "";
  const field = PARAMETER_OF[theirs] ?? theirs;
  const message = error.message.startsWith(theirs)
    ? field + error.message.slice(theirs.length)
    : error.message;
  return new HttpError("invalid_request", message, { field, cause: error });
}

function fromLog(error: LogBuilderError): HttpError {
  switch (error.code) {
    case "unknown_event":
      return new HttpError("not_found", error.message, { cause: error });
    case "not_yet_logged":
      return notYetLogged(error);
    case "entry_dropped":
      return new HttpError("entry_dropped", error.message, { cause: error });
    default:
      return new HttpError("log_contradicted", error.message, { cause: error });
  }
}

function notYetLogged(error: Error): HttpError {
  return new HttpError("not_yet_logged", error.message, {
    cause: error,
    headers: { "retry-after": "1" },
  });
}
