import type { Authenticated } from "@sark/http-service";
import type { Caller } from "../../domain/governance.ts";
import type { RequestTracing } from "./request-tracing.ts";

/** The same, with a span of each request whose caller is known: who is not known gets no room in traces. */
export function createTraced(
  authenticated: Authenticated<Caller>,
  tracing: Pick<RequestTracing, "begin" | "run">,
): Authenticated<Caller> {
  const route = (handle: Parameters<Authenticated<Caller>>[0]) => {
    const { onRequest, handler } = authenticated(handle);
    return {
      async onRequest(request, reply) {
        await onRequest(request, reply);
        // The end of its response is over: who left while it was authenticated is served nothing.
        if (!reply.raw.destroyed) {
          tracing.begin(request.raw, request.routeOptions.url ?? "unknown_path", request.caller as Caller);
        }
      },
      handler: (request, reply) => tracing.run(request.raw, () => handler(request, reply)),
    } satisfies ReturnType<Authenticated<Caller>>;
  };
  return Object.assign(route, { watch: authenticated.watch });
}
