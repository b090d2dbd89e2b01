import type { PolicyResource } from "../../domain/authorization.ts";
import { AGENT_CASES } from "./example-agent-cases.ts";
import { row, type ExampleCase } from "./example-case.ts";
import {
  alice,
  plainUser,
  admin,
  auditor,
  worker,
  limited,
  reader,
  stray,
  unknown,
} from "./example-people.ts";
import { tool } from "./queries.ts";

const server: PolicyResource = { type: "server", name: "everything", sensitivity: "low" };
const crm: PolicyResource = { type: "server", name: "acme-crm", sensitivity: "low" };
const document: PolicyResource = {
  type: "resource",
  server: "everything",
  uri: "demo://resource/1",
  sensitivity: "medium",
};
const prompt: PolicyResource = { type: "prompt", server: "everything", name: "simple", sensitivity: "low" };

const gzip = tool("gzip-file-as-resource");
const everyone = ["everyone-discovers"];

/** One table for both engines. */
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
  ...AGENT_CASES,
];
