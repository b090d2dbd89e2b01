import { json, respond } from "@sark/http-api";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { OBSERVERS, OPERATORS, READERS } from "../access/roles.ts";
import { policyExamples as examples } from "./examples.ts";
import type { PoliciesApi } from "./handlers.ts";
import { replayOf } from "./replay-handlers.ts";
import { replayBody, replayFilter } from "./replay-parameters.ts";
import { policyReplay } from "./replay-responses.ts";
import { testOf, trialOf } from "./trial-records.ts";
import { policiesQuery, testBody, validateBody } from "./parameters.ts";
import { policies, policyTest, policyValidation } from "./responses.ts";

const { endpoint, group } = gatewayEndpoints<PoliciesApi>();

const BASE = "/admin/v1/policies";
const shared = { cacheControl: "no-store" } as const;
const TRIAL_ERRORS = [
  "policy_trial_busy",
  "policy_trial_timeout",
  "policy_trial_unsupported",
  "policy_trial_unavailable",
  "audit_unavailable",
] as const;

export const policyEndpoints = group({
  title: "Policies",
  description:
    "What policies are in force, and what others would say. Nothing here changes what is in force, and no tool runs. Each trial is an event of the log, with who made it and why, and so is each denied one. [docs/policies.md](../policies.md#trying-policies) explains them.",
  endpoints: {
    listPolicies: endpoint({
      ...shared,
      method: "GET",
      path: BASE,
      summary: "The policies in force, and why the newest edit is not",
      description:
        "Leaves no record: it holds no events. They are those of all tenants: a caller that is bound to one is denied, on record.",
      roles: OBSERVERS,
      input: { query: policiesQuery },
      output: { 200: json(policies, "What is in force on this replica.") },
      errors: ["audit_unavailable"],
      example: examples.listPolicies,
      handler: async (api, { query, caller }) => respond(200, await api.inForce(query, caller)),
    }),
    validatePolicies: endpoint({
      ...shared,
      method: "POST",
      path: `${BASE}/validate`,
      summary: "Whether policies could be put in force, and where they are wrong",
      description:
        "Cedar only, by the schema: OPA takes no policies with a query. Problems are a response, not an error.",
      roles: OPERATORS,
      input: { body: validateBody },
      output: { 200: json(policyValidation, "Whether they could be.") },
      errors: TRIAL_ERRORS,
      example: examples.validatePolicies,
      denied: async (api, { caller, read }) => api.denied(caller, trialOf("validate", read().body, null)),
      handler: async (api, { body, caller, clientLeft }) =>
        respond(200, await api.validate(body, caller, clientLeft)),
    }),
    testPolicies: endpoint({
      ...shared,
      method: "POST",
      path: `${BASE}/test`,
      summary: "What policies say of a request, and which of them determine it",
      description:
        "By the policies in force, by others (`files`), or with OPA by another document (`opa_path`). Limits and budgets do not count, and whether the server would take a name or an argument for another is not asked.",
      roles: OPERATORS,
      input: { body: testBody },
      output: { 200: json(policyTest, "The decision; also a denial is one.") },
      errors: ["forbidden", ...TRIAL_ERRORS],
      example: examples.testPolicies,
      denied: async (api, { caller, read }) => api.denied(caller, testOf(read().body, null)),
      handler: async (api, { body, caller, clientLeft }) =>
        respond(200, await api.test(body, caller, clientLeft)),
    }),
    replayPolicies: endpoint({
      ...shared,
      method: "POST",
      path: `${BASE}/replay`,
      summary: "Which recorded decisions other policies would have decided otherwise",
      description:
        "Newest first, by the filters of the audit log; one replay at a time on a replica. What is not on record as policies saw it is not guessed: such decisions are listed with the reason. Of callers with a tenant, the decisions of that tenant.",
      roles: READERS,
      input: { body: replayBody },
      output: { 200: json(policyReplay, "What would change; with `next_cursor` it goes on.") },
      errors: ["forbidden", ...TRIAL_ERRORS],
      example: examples.replayPolicies,
      denied: async (api, { caller, read }) => {
        const { body } = read();
        await api.replays.denied(caller, replayOf(body, replayFilter(body), null));
      },
      handler: async (api, { body, caller, clientLeft }) =>
        respond(200, await api.replays.replay(body, caller, clientLeft)),
    }),
  },
});
