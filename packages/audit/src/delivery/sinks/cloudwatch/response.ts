import type { RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import { excerpt } from "../../http/response-text.ts";
import { failureResult } from "../../http/failure-result.ts";
import { failureWords } from "../../http/failure-words.ts";
import { retryAfterMs } from "@sark/observability/waiting";
import { statusResult } from "../../http/status-result.ts";
import type { DeliveryResult } from "../../domain/sink.ts";

/** By the names of https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html, old and new. */
const RETRY = new Set([
  "ThrottlingException",
  "Throttling",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
  "ProvisionedThroughputExceededException",
  "BandwidthLimitExceeded",
  // Another replica makes the same group at this moment.
  "OperationAbortedException",
  "RequestAbortedException",
  // The SDK corrects its clock by the response.
  "RequestExpired",
  "RequestTimeTooSkewed",
  "ServiceUnavailableException",
  "LimitExceededException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
  // The SDK fetches new ones for the next request.
  "ExpiredTokenException",
  "ExpiredToken",
]);
const CONFIGURATION = new Set([
  "AccessDeniedException",
  "AccessDenied",
  "AuthFailure",
  "NotAuthorized",
  "InvalidAction",
  "MissingAction",
  "ResourceNotFoundException",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "SignatureDoesNotMatch",
  "IncompleteSignatureException",
  "IncompleteSignature",
  "MissingAuthenticationTokenException",
  "MissingAuthenticationToken",
  "OptInRequired",
  "CredentialsProviderError",
  "UnknownOperationException",
]);
const BAD_EVENTS = new Set(["InvalidParameterException", "ValidationException", "SerializationException"]);

/** What an error of the SDK means. Throttling has status 400: the name is what counts. `mask` takes secrets out. */
export function classifyAwsError(
  error: unknown,
  mask: (text: string) => string = (text) => text,
): DeliveryResult {
  const { name, message, $fault, $metadata, $response } = Object(error) as {
    name?: string;
    message?: unknown;
    $fault?: string;
    $metadata?: { httpStatusCode?: number };
    $response?: { headers?: Readonly<Record<string, string>> };
  };
  // Another server at AWS's address may send anything under these names.
  const said = `${name ?? "error"}: ${excerpt(mask(typeof message === "string" ? message : JSON.stringify(message ?? "")))}`;
  // The text of a parser does not say that a proxy or a login page responded instead.
  const reason = name === "SyntaxError" ? failureWords(name, said) : said;
  const headers = $response?.headers ?? {};
  if (name === "DataAlreadyAcceptedException") {
    return { kind: "delivered" };
  }
  if (name !== undefined && RETRY.has(name)) {
    return { kind: "retry", reason, afterMs: retryAfterMs(headers["retry-after"]) };
  }
  if (name !== undefined && CONFIGURATION.has(name)) {
    return { kind: "configuration", reason };
  }
  if (name !== undefined && BAD_EVENTS.has(name)) {
    return { kind: "rejected", index: null, reason };
  }
  const status = $metadata?.httpStatusCode;
  if (status === undefined || status < 300) {
    return failureResult(error);
  }
  // Nearly every error has status 400: one that could not be read to its name says nothing.
  if (status === 400 && $fault === undefined) {
    return failureResult(error);
  }
  return statusResult({ status, headers, excerpt: reason });
}

/** Of the events that a successful request did not keep: those before `old` for their age, those from `new` on for their youth. */
export function rejectedBounds(
  info: RejectedLogEventsInfo | undefined,
  count: number,
): { readonly old: number; readonly new: number } {
  const {
    tooOldLogEventEndIndex = 0,
    expiredLogEventEndIndex = 0,
    tooNewLogEventStartIndex = count,
  } = info ?? {};
  return { old: Math.max(tooOldLogEventEndIndex, expiredLogEventEndIndex), new: tooNewLogEventStartIndex };
}
