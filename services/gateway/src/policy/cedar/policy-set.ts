import {
  checkParseEntities,
  preparsePolicySet,
  schemaToJson,
  validate,
  type EntityJson,
  type SchemaJson,
  type ValidationError,
} from "@cedar-policy/cedar-wasm/nodejs";
import { parseJson } from "@sark/audit/json";
import { collectReferences, noReferences, type PolicyReferences } from "./context-access.ts";
import { createEntityGraph, type EntityGraph } from "./entity-graph.ts";
import { lineAt, PolicyLoadError, throwAny } from "./load-error.ts";
import { loadError, parsePolicies, type ParsedPolicy } from "./parse-policies.ts";
import { ENTITIES_FILE, SCHEMA_FILE, type PolicyFiles } from "./policy-files.ts";

/** A policy set in force. */
export interface PolicySet {
  readonly revision: string;
  readonly policies: ReadonlyMap<string, ParsedPolicy>;
  readonly references: PolicyReferences;
  readonly entities: EntityGraph;
  readonly warnings: readonly string[];
  /** What it was made of. */
  readonly files: PolicyFiles;
  /** Unix milliseconds. */
  readonly loadedAt: number;
}

/**
 * Understands, validates and hands the policies to Cedar under `name`, replacing what it had there.
 * Throws `PolicyLoadError`, and then leaves what Cedar had.
 */
export function loadPolicySet(name: string, files: PolicyFiles): PolicySet {
  const policies = parsePolicies(files.policies);
  if (policies.size === 0) {
    throw new PolicyLoadError({ file: null }, "there are no policies (*.cedar) in the policy folder");
  }
  const texts = Object.fromEntries([...policies.values()].map(({ id, text }) => [id, text]));
  const schema = files.schema === null ? null : readSchema(files.schema);
  const known = [...readEntities(files.entities), ...(schema === null ? [] : actionHierarchy(schema))];
  const warnings = files.schema === null ? [] : validatePolicies(policies, texts, files.schema);
  const references = noReferences();
  for (const { json } of policies.values()) {
    collectReferences(json, references);
  }

  // An action has no attributes to ask for; that of the request is handed over anyway.
  const named = [...references.entities.values()].filter(
    ({ type }) => type !== "Action" && !type.endsWith("::Action"),
  );

  const set = {
    revision: files.digest,
    policies,
    references,
    entities: createEntityGraph(known, named),
    warnings,
    files,
    loadedAt: Date.now(),
  };

  // Last, so that whatever fails before leaves Cedar with what is in force.
  const parsed = preparsePolicySet(name, { staticPolicies: texts });
  if (parsed.type === "failure") {
    throw loadError("the policy set", "", 0, parsed.errors);
  }
  return set;
}

function readSchema(text: string): SchemaJson<string> {
  const parsed = schemaToJson(text);
  if (parsed.type === "failure") {
    throw loadError(SCHEMA_FILE, text, 0, parsed.errors);
  }
  return parsed.json;
}

/** Groups of actions that the schema declares in addition to the built-in ones. */
function actionHierarchy(schema: SchemaJson<string>): EntityJson[] {
  return Object.entries(schema).flatMap(([namespace, { actions }]) => {
    const own = namespace === "" ? "Action" : `${namespace}::Action`;
    return Object.entries(actions).map(([id, action]) => ({
      uid: { type: own, id },
      attrs: {},
      parents: (action.memberOf ?? []).map((parent) => ({ type: parent.type ?? own, id: parent.id })),
    }));
  });
}

/** The schema asks for attributes that only a request knows, so entities are checked for their form alone. */
function readEntities(text: string | null): EntityJson[] {
  if (text === null) {
    return [];
  }
  let entities: unknown;
  try {
    entities = parseJson(text, "any");
  } catch (cause) {
    throw new PolicyLoadError({ file: ENTITIES_FILE }, (cause as Error).message, { cause });
  }
  if (!Array.isArray(entities)) {
    throw new PolicyLoadError({ file: ENTITIES_FILE }, "must hold an array of entities");
  }
  const checked = checkParseEntities({ entities: entities as EntityJson[] });
  if (checked.type === "failure") {
    throw loadError(ENTITIES_FILE, "", 0, checked.errors);
  }
  return entities as EntityJson[];
}

function validatePolicies(
  policies: ReadonlyMap<string, ParsedPolicy>,
  texts: Record<string, string>,
  schema: string,
): string[] {
  const checked = validate({
    schema,
    policies: { staticPolicies: texts },
    validationSettings: { mode: "strict" },
  });
  if (checked.type === "failure") {
    throw loadError(SCHEMA_FILE, schema, 0, checked.errors);
  }
  throwAny(checked.validationErrors.map((error) => toLoadError(error, policies)));
  return checked.validationWarnings.map((warning) => toLoadError(warning, policies).message);
}

function toLoadError(
  { policyId, error }: ValidationError,
  policies: ReadonlyMap<string, ParsedPolicy>,
): PolicyLoadError {
  const policy = policies.get(policyId);
  if (policy === undefined) {
    return new PolicyLoadError({ file: null }, error.message);
  }
  const offset = error.sourceLocations?.[0]?.start ?? 0;
  const line = policy.line + lineAt(policy.text, offset) - 1;
  const help = error.help === null ? "" : `; ${error.help}`;
  return new PolicyLoadError({ file: policy.file, line }, `${error.message}${help}`);
}
