import { startSplunkHec, type SplunkHec } from "@sark/testkit";
import { QUICK } from "../../support/destinations.ts";
import { withDestination, type Part } from "./part.ts";

const TOKEN = "11111111-2222-3333-4444-555555555555";

/** A SIEM that can refuse single events. */
export const splunk: Part<SplunkHec> = {
  async start(ground) {
    const value = await startSplunkHec({ token: TOKEN });
    ground.undo(() => value.close());
    const sink = { type: "splunk_hec", url: value.url, token: "${SPLUNK_TOKEN}" };
    return {
      value,
      configure: (options) => ({
        ...withDestination(options, { name: "splunk", sink, ...QUICK }),
        environment: { ...options.environment, SPLUNK_TOKEN: TOKEN },
      }),
    };
  },
};
