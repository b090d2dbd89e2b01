import { agent, user } from "./queries.ts";

/** Who asks in the cases of the example policies. */
export const alice = user("alice", { roles: ["developer"], tenant: "acme" });
export const plainUser = user("plain");
export const admin = user("root", { roles: ["admin"] });
export const auditor = user("ada", { roles: ["auditor"] });
export const worker = agent(
  "build-bot",
  { agent_type: "worker", trust_level: "trusted" },
  { tenant: "acme" },
);
export const service = agent("scheduler", { agent_type: "service", trust_level: "trusted" });
export const limited = agent("helper", { agent_type: "worker", trust_level: "limited" });
export const reader = agent("search-bot", { agent_type: "query", trust_level: "trusted" });
export const stray = agent("stray-bot", { agent_type: "query", trust_level: "untrusted" });
export const unknown = agent("unlisted", {}, { roles: ["developer"] });
