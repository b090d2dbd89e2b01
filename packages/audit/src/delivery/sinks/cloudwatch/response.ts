import type { RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import { excerpt } from "../../http/answer-text.ts";
import { failureOutcome } from "../../http/failure-outcome.ts";
import { statusOutcome } from "../../http/status-outcome.ts";
import type { Outcome } from "../../sink.ts";

const RETRY = new Set([
  "ThrottlingException",
  "ServiceUnavailableException",
  "LimitExceededException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
  // The SDK fetches new ones for the next request.
  "ExpiredTokenException",
]);
const CONFIGURATION = new Set([
  "AccessDeniedException",
  "ResourceNotFoundException",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "SignatureDoesNotMatch",
  "IncompleteSignatureException",
  "MissingAuthenticationTokenException",
  "OptInRequired",
  "CredentialsProviderError",
  "UnknownOperationException",
]);
const BAD_EVENTS = new Set(["InvalidParameterException", "ValidationException", "SerializationException"]);

/** What an error of the SDK means. Throttling has status 400: the name is what counts. */
export function classifyAwsError(error: unknown): Outcome {
  const { name, message, $fault, $metadata } = Object(error) as {
    name?: string;
    message?: string;
    $fault?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const reason = `${name ?? "error"}: ${excerpt(message ?? "")}`;
  if (name === "DataAlreadyAcceptedException") return { kind: "delivered" };
  if (name !== undefined && RETRY.has(name)) return { kind: "retry", reason };
  if (name !== undefined && CONFIGURATION.has(name)) return { kind: "configuration", reason };
  if (name !== undefined && BAD_EVENTS.has(name)) return { kind: "rejected", index: null, reason };
  const status = $metadata?.httpStatusCode;
  if (status === undefined || status < 300) return failureOutcome(error);
  // Nearly every error has status 400: one that could not be read to its name says nothing.
  if (status === 400 && $fault === undefined) return failureOutcome(error);
  return statusOutcome({ status, headers: {}, text: reason });
}

/** Positions of the events that a successful request did not keep. */
export function rejectedPositions(info: RejectedLogEventsInfo | undefined, count: number): number[] {
  if (info === undefined) return [];
  const { tooOldLogEventEndIndex, expiredLogEventEndIndex, tooNewLogEventStartIndex } = info;
  const from = Math.max(tooOldLogEventEndIndex ?? 0, expiredLogEventEndIndex ?? 0);
  const to = tooNewLogEventStartIndex ?? count;
  return Array.from({ length: count }, (_, at) => at).filter((at) => at < from || at >= to);
}
