import type { AuthorizationQuery, PolicyResource } from "../../domain/authorization.ts";
import { row, type ExampleCase } from "./example-case.ts";
import { alice, worker, service, limited, reader, stray } from "./example-people.ts";

function asked(of: AuthorizationQuery["principal"]): PolicyResource {
  return { type: "agent", id: of.id, attributes: of.attributes };
}

/** What agents may ask of each other. */
export const AGENT_CASES: readonly ExampleCase[] = [
  row(
    "a query between agents",
    { principal: limited, action: "gateway:a2a:query", resource: asked(reader), context: {} },
    true,
    ["a2a-query"],
  ),
  row(
    "a query of an untrusted agent",
    { principal: stray, action: "gateway:a2a:query", resource: asked(worker), context: {} },
    false,
    ["untrusted-agent-looks-only"],
  ),
  row(
    "a query to an untrusted agent",
    { principal: worker, action: "gateway:a2a:query", resource: asked(stray), context: {} },
    false,
    [],
  ),
  row(
    "a worker has a worker execute",
    {
      principal: worker,
      action: "gateway:a2a:execute",
      resource: asked(limited),
      context: { target_environment: "staging" },
    },
    true,
    ["a2a-execute"],
  ),
  row(
    "a worker has a query agent execute",
    { principal: worker, action: "gateway:a2a:execute", resource: asked(reader), context: {} },
    false,
    [],
  ),
  row(
    "an agent of limited trust has one execute",
    { principal: limited, action: "gateway:a2a:execute", resource: asked(worker), context: {} },
    false,
    [],
  ),
  row(
    "a worker has one execute in production",
    {
      principal: worker,
      action: "gateway:a2a:execute",
      resource: asked(service),
      context: { target_environment: "production" },
    },
    false,
    ["a2a-production-for-services"],
  ),
  row(
    "a service has one execute in production",
    {
      principal: service,
      action: "gateway:a2a:execute",
      resource: asked(worker),
      context: { target_environment: "production" },
    },
    true,
    ["a2a-execute"],
  ),
  row(
    "a service delegates to a worker",
    { principal: service, action: "gateway:a2a:delegate", resource: asked(worker), context: {} },
    true,
    ["a2a-delegate"],
  ),
  row(
    "a worker delegates",
    { principal: worker, action: "gateway:a2a:delegate", resource: asked(service), context: {} },
    false,
    [],
  ),
  row(
    "a service delegates to one of limited trust",
    { principal: service, action: "gateway:a2a:delegate", resource: asked(limited), context: {} },
    false,
    [],
  ),
  row(
    "an agent asks itself",
    { principal: service, action: "gateway:a2a:execute", resource: asked(service), context: {} },
    true,
    ["a2a-execute"],
  ),
  row(
    "a user with a role asks an agent",
    { principal: alice, action: "gateway:a2a:query", resource: asked(worker), context: {} },
    false,
    [],
  ),
];
