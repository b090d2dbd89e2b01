import type { CallResult } from "../../domain/governance.ts";
import type { McpHttpResponse } from "../contract/http-message.ts";
import { failureText } from "../errors/error-response.ts";
import { drain } from "../response/collect.ts";
import { briefTimeLimits } from "./context/time-limits.ts";
import { ACCEPTED, failureResponse } from "./responding/responses.ts";
import { runExchange } from "./run-exchange.ts";
import type { Outgoing } from "./sending/outgoing.ts";

/** Sends what has no response: notifications, and responses to requests of the server. */
export function forwardOneWay(outgoing: Outgoing): Promise<McpHttpResponse> {
  const { context, oneWay } = outgoing;
  const finish = (result: CallResult) => {
    for (const { permit } of oneWay) {
      permit.finish(result);
    }
  };
  return runExchange({
    context,
    calls: [],
    timeLimits: briefTimeLimits(context),
    send: (signal) => outgoing.send(signal),
    relay({ body }) {
      drain(body);
      finish({ outcome: "ok" });
      return ACCEPTED;
    },
    refused(result, response) {
      finish(result);
      return response;
    },
    failed(failure) {
      const { outcome, message } = failure;
      finish({ outcome, message });
      return failureResponse(failure, failureText(null, failure, null, context.caller));
    },
  });
}
