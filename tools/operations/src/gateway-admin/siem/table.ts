import { command, group } from "../../frame/command-table.ts";

export const siemCommands = group("Deliveries of the audit log to SIEMs and log services", {
  status: command(
    "Show how deliveries stand, and whether their figures add up",
    async () => (await import("./status.ts")).statusCommand,
  ),
  pause: command(
    "Hold a destination back; what it misses is kept",
    async () => (await import("./steering.ts")).pauseCommand,
  ),
  resume: command(
    "End a pause, or have a mended configuration tried at once",
    async () => (await import("./steering.ts")).resumeCommand,
  ),
  flush: command(
    "Send what is recorded without waiting for full batches",
    async () => (await import("./steering.ts")).flushCommand,
  ),
  quarantine: command(
    "List the events that a destination refused for good",
    async () => (await import("./quarantine.ts")).quarantineCommand,
  ),
  replay: command(
    "Send events of a quarantine again",
    async () => (await import("./quarantine.ts")).replayCommand,
  ),
  discard: command(
    "Give events of a quarantine up",
    async () => (await import("./quarantine.ts")).discardCommand,
  ),
  remove: command(
    "Forget a destination that is in no configuration any more, with its quarantine",
    async () => (await import("./steering.ts")).removeCommand,
  ),
});
