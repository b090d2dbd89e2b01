import type { Producer } from "../audit-events/producer.ts";

/** As the gateway calls itself. */
export const TEST_PRODUCER: Producer = {
  vendor: "SARK",
  suite: "SARK",
  name: "SARK Gateway",
  kind: "gateway",
  service: "sark-gateway",
  version: "1.2.3",
  host: "gw-1",
};
