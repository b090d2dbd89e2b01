import { buildRouteMap } from "@stricli/core";
import { discardCommand, quarantineCommand, replayCommand } from "./quarantine.ts";
import { statusCommand } from "./status.ts";
import { flushCommand, pauseCommand, removeCommand, resumeCommand } from "./steering.ts";

export const siemRoutes = buildRouteMap({
  routes: {
    status: statusCommand,
    pause: pauseCommand,
    resume: resumeCommand,
    flush: flushCommand,
    quarantine: quarantineCommand,
    replay: replayCommand,
    discard: discardCommand,
    remove: removeCommand,
  },
  docs: { brief: "Deliveries of the audit log to SIEMs and log services" },
});
