import { defineCatalog, oneOf } from "@sark/observability/metrics";
import { FORWARD_FAILURES } from "../domain/forwarding.ts";
import { FORWARD_REFUSALS } from "../replicas/contract/observer.ts";

export const replicaCatalog = defineCatalog({
  sark_gateway_forwarded_requests_total: {
    type: "counter",
    help: "Requests of sessions whose process is at another replica: passed on to it, or why not.",
    question: "Do requests reach the replica that holds their session?",
    unit: "1",
    labels: { result: oneOf("passed", ...FORWARD_FAILURES) },
  },
  sark_gateway_forwarded_refused_total: {
    type: "counter",
    help: "What came to the address for other replicas and was not taken: of none of them, too late, or a second time.",
    question: "Does something send to the address for replicas that is none, or replay?",
    unit: "1",
    labels: { reason: oneOf(...FORWARD_REFUSALS) },
  },
});

export type ReplicaCatalog = typeof replicaCatalog;
