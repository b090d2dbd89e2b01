import {
  startReceiver,
  type ReceiverResponse,
  type ReceiverHandle,
  type ReceiverOptions,
  type ReceiverRequest,
  type ReceiverRules,
} from "../receiver/start-receiver.ts";
import { AwsError } from "./aws-error.ts";
import { createLogGroups, type CloudWatchEvent, type Input } from "./log-groups.ts";
import { putLogEvents } from "./put-log-events.ts";
import { signatureFault, type AwsCredentials } from "./signature.ts";

export interface CloudWatchLogsOptions extends ReceiverOptions {
  readonly credentials: AwsCredentials;
  /** Milliseconds since the epoch; the window of accepted timestamps moves with it. Default: the real clock. */
  now?(): number;
}

export interface CloudWatchLogs extends ReceiverHandle {
  /** Events that were kept, of one stream or of all of the group's. */
  events(group: string, stream?: string): readonly CloudWatchEvent[];
  /** Of the group; `null` keeps events for ever. */
  retentionDays(group: string): number | null;
  /** Refuses whole requests in which an event contains this text; `null` refuses none. */
  poison(text: string | null): void;
}

const TARGET =
  /^Logs_20140328\.(PutLogEvents|CreateLogGroup|CreateLogStream|PutRetentionPolicy|DescribeLogGroups)$/;
/** What the AWS documentation lists for a status, where a fault asks for a bare status. */
const ERROR_OF_STATUS: Readonly<Record<number, string>> = {
  400: "ThrottlingException",
  403: "AccessDeniedException",
  500: "InternalFailure",
  503: "ServiceUnavailableException",
};

/**
 * CloudWatch Logs as the AWS SDK speaks to it (JSON 1.1, Signature Version 4, checked). Operations for faults: `events`
 * (PutLogEvents) and the names of the others. A fault's `code` is a status; 400 stands for throttling.
 */
export async function startCloudWatchLogs(options: CloudWatchLogsOptions): Promise<CloudWatchLogs> {
  const { credentials, now = Date.now } = options;
  const groups = createLogGroups();
  let poisoned: string | null = null;

  function run(operation: string, input: Input): ReceiverResponse {
    // Done whatever a fault makes of the response: a client must cope with a group that it created unknowingly.
    const done = (take: () => void): ReceiverResponse => {
      take();
      return { status: 200, body: undefined, headers: JSON_1_1 };
    };
    switch (operation) {
      case "CreateLogGroup":
        return done(() => groups.createGroup(input));
      case "CreateLogStream":
        return done(() => groups.createStream(input));
      case "PutRetentionPolicy":
        return done(() => groups.setRetention(input));
      case "DescribeLogGroups":
        return { status: 200, body: groups.describeGroups(input), headers: JSON_1_1 };
      default:
        return { status: 200, ...putLogEvents(groups, input, now()), headers: JSON_1_1 };
    }
  }

  function response(request: ReceiverRequest): ReceiverResponse {
    try {
      const fault = signatureFault(request, credentials);
      if (fault !== null) {
        throw new AwsError(fault, "The request's signature does not match.");
      }
      if (request.headers["content-type"] !== "application/x-amz-json-1.1") {
        throw new AwsError(
          "UnknownOperationException",
          "The content type must be application/x-amz-json-1.1.",
        );
      }
      if (poisoned !== null && request.sent.includes(poisoned)) {
        throw new AwsError("InvalidParameterException", "A log event is invalid.");
      }
      return run(request.operation, parse(request.content));
    } catch (error) {
      if (error instanceof AwsError) {
        return errorResponse(error);
      }
      throw error;
    }
  }

  const rules: ReceiverRules = {
    encodings: [],
    operation(method, url, headers) {
      const operation = TARGET.exec(String(headers["x-amz-target"]))?.[1];
      if (method !== "POST" || url.pathname !== "/" || operation === undefined) {
        return null;
      }
      return operation === "PutLogEvents" ? "events" : operation;
    },
    response,
    code: (status) => ({
      ...errorResponse(new AwsError(ERROR_OF_STATUS[status] ?? "InternalFailure", "By request.", status)),
      accepted: false,
    }),
  };
  const receiver = await startReceiver(rules, options);
  return {
    ...receiver,
    events: groups.events,
    retentionDays: groups.retentionDays,
    poison: (text) => void (poisoned = text),
  };
}

const JSON_1_1 = { "content-type": "application/x-amz-json-1.1" };

function errorResponse({ type, message, status }: AwsError): ReceiverResponse {
  return { status, body: { __type: type, message }, headers: { ...JSON_1_1, "x-amzn-errortype": type } };
}

function parse(content: Buffer | null): Input {
  try {
    return JSON.parse(content?.toString("utf8") ?? "") as Input;
  } catch {
    throw new AwsError("SerializationException", "The body is not JSON.");
  }
}
