import type { AuthorizationQuery, PolicyResource } from "../../domain/authorization.ts";
import {
  alice,
  plainUser,
  admin,
  auditor,
  worker,
  service,
  limited,
  reader,
  stray,
  unknown,
} from "./example-people.ts";
import { query, tool } from "./queries.ts";

/** What the example policies say: one table for both engines. */
export interface ExampleCase {
  readonly what: string;
  readonly query: AuthorizationQuery;
  readonly allow: boolean;
  /** The rules that determine it; `null` where one cannot be evaluated. */
  readonly policies: readonly string[] | null;
}

const server: PolicyResource = { type: "server", name: "everything", sensitivity: "low" };
const crm: PolicyResource = { type: "server", name: "acme-crm", sensitivity: "low" };
const document: PolicyResource = {
  type: "resource",
  server: "everything",
  uri: "demo://resource/1",
  sensitivity: "medium",
};
const prompt: PolicyResource = { type: "prompt", server: "everything", name: "simple", sensitivity: "low" };

function asked(of: AuthorizationQuery["principal"]): PolicyResource {
  return { type: "agent", id: of.id, attributes: of.attributes };
}

function row(
  what: string,
  over: Partial<AuthorizationQuery>,
  allow: boolean,
  policies: readonly string[] | null,
): ExampleCase {
  return { what, query: query(over), allow, policies };
}

const gzip = tool("gzip-file-as-resource");
const everyone = ["everyone-discovers"];

export const EXAMPLE_CASES: readonly ExampleCase[] = [
  row(
    "every user lists servers",
    { principal: plainUser, action: "gateway:server:list", resource: { type: "gateway" } },
    true,
    everyone,
  ),
  row(
    "every user asks about a server",
    { principal: plainUser, action: "gateway:server:info", resource: server },
    true,
    everyone,
  ),
  row(
    "even an untrusted agent discovers",
    { principal: stray, action: "gateway:tool:discover", resource: server },
    true,
    everyone,
  ),
  row("a user without roles calls a tool", { principal: plainUser }, false, []),

  row("an admin calls a critical tool", { principal: admin, resource: tool("get-env", "critical") }, true, [
    "admin-everything",
  ]),
  row(
    "an admin calls an unknown method",
    { principal: admin, action: "gateway:method:call", resource: server },
    true,
    ["admin-everything"],
  ),
  row(
    "a developer calls an unknown method",
    { principal: alice, action: "gateway:method:call", resource: server },
    false,
    [],
  ),
  row("a developer calls a low tool", { principal: alice }, true, ["developer-low-and-medium"]),
  row("a developer calls a medium tool", { principal: alice, resource: tool("x", "medium") }, true, [
    "developer-low-and-medium",
  ]),
  row("a developer calls a high tool", { principal: alice, resource: tool("x", "high") }, false, []),
  row(
    "a developer reads a resource",
    { principal: alice, action: "gateway:resource:read", resource: document },
    true,
    ["developer-low-and-medium"],
  ),
  row(
    "a developer gets a prompt",
    { principal: alice, action: "gateway:prompt:get", resource: prompt },
    true,
    ["developer-low-and-medium"],
  ),
  row(
    "an auditor reads a resource",
    { principal: auditor, action: "gateway:resource:read", resource: document },
    true,
    ["auditor-resources-and-prompts"],
  ),
  row("an auditor calls a tool", { principal: auditor }, false, []),
  row(
    "a critical tool on an admin's behalf",
    { principal: { ...admin, actor: "build-bot" }, resource: tool("get-env", "critical") },
    false,
    ["no-critical-on-behalf"],
  ),
  row("a low tool on a developer's behalf", { principal: { ...alice, actor: "build-bot" } }, true, [
    "developer-low-and-medium",
  ]),

  row("a trusted worker calls a medium tool", { principal: worker, resource: tool("x", "medium") }, true, [
    "trusted-agent-tools",
  ]),
  row("a trusted worker calls a high tool", { principal: worker, resource: tool("x", "high") }, false, []),
  row("an agent of limited trust calls a low tool", { principal: limited }, true, ["limited-agent-low"]),
  row(
    "an agent of limited trust calls a medium tool",
    { principal: limited, resource: tool("x", "medium") },
    false,
    [],
  ),
  row("a query agent calls a tool", { principal: reader }, false, ["query-agent-no-tools"]),
  row(
    "a query agent reads a resource",
    { principal: reader, action: "gateway:resource:read", resource: document },
    true,
    ["query-agent-reads"],
  ),
  row("an untrusted agent calls a tool", { principal: stray }, false, [
    "query-agent-no-tools",
    "untrusted-agent-looks-only",
  ]),
  row("an agent without a trust level has a role", { principal: unknown }, false, [
    "untrusted-agent-looks-only",
  ]),

  row(
    "a developer packs an address",
    { principal: alice, resource: gzip, context: { parameters: { data: "http://169.254.169.254/" } } },
    false,
    ["gzip-data-only"],
  ),
  row(
    "an admin packs an address",
    { principal: admin, resource: gzip, context: { parameters: { data: "http://x/" } } },
    false,
    ["gzip-data-only"],
  ),
  row(
    "a developer packs the default address",
    { principal: alice, resource: gzip, context: { parameters: {} } },
    false,
    ["gzip-data-only"],
  ),
  row(
    "a developer packs data",
    { principal: alice, resource: gzip, context: { parameters: { data: "data:,x" } } },
    true,
    ["developer-low-and-medium"],
  ),
  row(
    "a developer packs a number",
    { principal: alice, resource: gzip, context: { parameters: { data: 1 } } },
    false,
    null,
  ),
  row(
    "a developer packs null",
    { principal: alice, resource: gzip, context: { parameters: { data: null } } },
    false,
    null,
  ),
  row("a developer lists that tool", { principal: alice, resource: gzip, context: {} }, true, [
    "developer-low-and-medium",
  ]),

  row("a tenant uses its server", { principal: alice, resource: tool("x", "low", "acme-crm") }, true, [
    "developer-low-and-medium",
  ]),
  row(
    "a tenant asks about its server",
    { principal: alice, action: "gateway:server:info", resource: crm },
    true,
    everyone,
  ),
  row(
    "another tenant asks about it",
    { principal: { ...alice, tenant: "globex" }, action: "gateway:server:info", resource: crm },
    false,
    ["acme-servers-for-acme"],
  ),
  row(
    "another tenant uses it",
    { principal: { ...alice, tenant: "globex" }, resource: tool("x", "low", "acme-crm") },
    false,
    ["acme-servers-for-acme"],
  ),
  row(
    "a user without a tenant uses it",
    { principal: { ...alice, tenant: null }, resource: tool("x", "low", "acme-crm") },
    false,
    ["acme-servers-for-acme"],
  ),
  row("an admin uses it", { principal: admin, resource: tool("x", "low", "acme-crm") }, true, [
    "admin-everything",
  ]),

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
