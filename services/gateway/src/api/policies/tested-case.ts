import type { PolicyResource, Sensitivity } from "../../domain/authorization.ts";
import type { PolicyCase } from "../../domain/policy-sets.ts";
import type { TestBody } from "./parameters.ts";

/** How sensitive a server, or a tool of it, is by configuration. */
export type SensitivityOf = (server: string, target: string | null) => Sensitivity;

/** What a dry run puts before the policies: all of it is known. */
export function testedCase(
  body: TestBody,
  { tenant, sensitivityOf }: { readonly tenant: string | null; readonly sensitivityOf: SensitivityOf },
): PolicyCase {
  const { principal, action, context, time } = body;
  return {
    query: {
      principal: { ...principal, tenant: principal.tenant === undefined ? tenant : principal.tenant },
      action,
      resource: toResource(body, sensitivityOf),
    },
    context: JSON.stringify({
      ...context,
      ...(body.arguments === undefined ? {} : { parameters: body.arguments }),
    }),
    time: time === undefined ? Date.now() : Date.parse(time),
    unknown: [],
    fidelity: "as_sent",
  };
}

function toResource(
  { server, tool, prompt, resource_uri: uri, sensitivity: stated }: TestBody,
  sensitivityOf: SensitivityOf,
): PolicyResource {
  if (server === undefined) {
    return { type: "gateway" };
  }
  const sensitivity = stated ?? sensitivityOf(server, tool ?? prompt ?? uri ?? null);
  if (tool !== undefined) {
    return { type: "tool", server, name: tool, sensitivity };
  }
  if (prompt !== undefined) {
    return { type: "prompt", server, name: prompt, sensitivity };
  }
  return uri === undefined
    ? { type: "server", name: server, sensitivity }
    : { type: "resource", server, uri, sensitivity };
}
