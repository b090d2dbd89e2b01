import type { Logger } from "@sark/observability/logging";
import type { Recorder } from "@sark/observability/metrics";
import type { ReplicaObserver } from "../replicas/contract/observer.ts";
import type { ReplicaCatalog } from "./replica-catalog.ts";

/** What happens between replicas. */
export function createReplicaEvents(deps: {
  readonly recorder: Recorder<ReplicaCatalog>;
  readonly logger: Logger;
}): ReplicaObserver {
  const { recorder } = deps;
  const logger = deps.logger.child({ component: "replicas" });
  return {
    forwarded: (result) => recorder.increment("sark_gateway_forwarded_requests_total", { result }),
    refused(reason) {
      recorder.increment("sark_gateway_forwarded_refused_total", { reason });
      logger.warn({ reason }, "a request at the address for other replicas was not taken");
    },
    tlsFilesChanged(problem) {
      if (problem === null) {
        logger.info({}, "changed TLS files are in use between replicas");
      } else {
        logger.error(
          { problem },
          "changed TLS files cannot be used between replicas: those before stay in use",
        );
      }
    },
    lost(replica) {
      logger.warn(
        { replica },
        "another replica was not heard of any more: the sessions of its processes end",
      );
    },
  };
}
