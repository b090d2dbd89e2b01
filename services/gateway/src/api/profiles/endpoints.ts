import { respond, text } from "@sark/http-api";
import { profileExamples as examples, profileQuery } from "@sark/http-api/operations";
import { gatewayEndpoints } from "../access/define-endpoints.ts";
import { ADMINS } from "../access/roles.ts";
import { actOf, type ProfilesApi } from "./handlers.ts";

const { endpoint, group } = gatewayEndpoints<ProfilesApi>();

export const profileEndpoints = group({
  title: "Profiles",
  description:
    "Where the process that responds spends its time, or allocates its memory. Each one is an event of the log, and so is each denied one. [docs/logging.md](../logging.md#what-is-slow) has more.",
  endpoints: {
    takeProfile: endpoint({
      method: "GET",
      path: "/admin/v1/profile",
      summary: "A profile of the processor, or of allocations, over some seconds",
      description:
        "As Chrome's developer tools and `speedscope` read it. It names functions and files of the gateway and holds no data. One at a time; of the worker that responds where there are several, which the name of the file says (`gateway-worker-2.cpuprofile`). It ends when the client leaves.",
      cacheControl: "no-store",
      roles: ADMINS,
      input: { query: profileQuery },
      output: { 200: text(["application/json; charset=utf-8"], "The profile.") },
      errors: ["forbidden", "profile_busy", "audit_unavailable"],
      example: examples.takeProfile,
      denied: async (api, { caller, read }) => api.denied(caller, actOf(read().query)),
      async handler(api, { query, caller, clientLeft }) {
        const profile = await api.take(query, caller, clientLeft);
        const disposition = `attachment; filename="${api.fileName(query.kind)}"`;
        return respond(200, profile, { "content-disposition": disposition });
      },
    }),
  },
});
