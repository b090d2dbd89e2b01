import type { Authenticated } from "@sark/http-service";
import type { Caller } from "../domain/governance.ts";
import type { RequestTracing } from "../telemetry/traces/request-tracing.ts";

/** The same, with a span of each request whose caller is known: who is not known gets no room in traces. */
export function createTraced(
  authenticated: Authenticated<Caller>,
  tracing: Pick<RequestTracing, "begin" | "run">,
): Authenticated<Caller> {
  return (handle) => {
    const { onRequest, handler } = authenticated(handle);
    return {
      async onRequest(request, reply) {
        await onRequest(request, reply);
        const route = request.routeOptions.url ?? "unknown_path";
        tracing.begin(request.raw, reply.raw, route, request.caller as Caller);
      },
      handler: (request, reply) => tracing.run(request.raw, () => handler(request, reply)),
    };
  };
}
