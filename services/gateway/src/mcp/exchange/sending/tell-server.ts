import type { UpstreamRequest } from "../../../domain/upstream.ts";
import { drain } from "../../response/collect.ts";
import type { EndpointParts, RequestContext } from "../context/request-context.ts";

/** Sends a server, on behalf of this request's caller, what nothing depends on. It has as long as a cancelled call. */
export function tellServer(
  {
    upstream,
    caller,
    parts,
  }: Pick<RequestContext, "upstream" | "caller"> & { readonly parts: Pick<EndpointParts, "limits"> },
  request: Omit<UpstreamRequest, "signal" | "caller">,
): void {
  const signal = AbortSignal.timeout(parts.limits.cancelGraceMs);
  upstream
    .exchange({ ...request, signal, caller })
    .then(({ body }) => drain(body))
    .catch(() => {});
}
