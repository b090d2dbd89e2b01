import { PEER_SESSION_REVISION, PEER_STATELESS_REVISION } from "@sark/testkit";
import type { Revision } from "./run-suite.ts";

const NO_TASKS =
  "belongs to the extension io.modelcontextprotocol/tasks, which no revision requires and the SDK's server does not have";

/** The scenarios that the test server does not pass, each with the reason. One that passes must leave this list. */
export const NOT_PASSED: Readonly<Record<Revision, Readonly<Record<string, string>>>> = {
  [PEER_SESSION_REVISION]: {},
  [PEER_STATELESS_REVISION]: {
    "tasks-capability-negotiation": NO_TASKS,
    "tasks-dispatch-and-envelope": NO_TASKS,
    "tasks-lifecycle": NO_TASKS,
    "tasks-mrtr-composition": NO_TASKS,
    "tasks-mrtr-input": NO_TASKS,
    "tasks-request-headers": NO_TASKS,
    "tasks-request-state-removal": NO_TASKS,
    "tasks-required-task-error": NO_TASKS,
    "tasks-status-notifications": "skipped by the suite itself",
    "tasks-wire-fields": NO_TASKS,
  },
};
