import type { Expr, PolicyJson } from "@cedar-policy/cedar-wasm/nodejs";

/**
 * Which parts of `context` the policies name. A policy's result depends on nothing else of it, so that
 * only these need be handed to Cedar and be part of a cache key.
 */
export interface ContextAccess {
  /** The value itself is looked at, not just whether it is there or what some fields of it are. */
  whole: boolean;
  readonly fields: Map<string, ContextAccess>;
}

export interface EntityLiteral {
  readonly type: string;
  readonly id: string;
}

export interface PolicyReferences {
  readonly context: ContextAccess;
  /** Entities that conditions name, by `type::id`: they may ask for attributes of these (a scope only compares). */
  readonly entities: Map<string, EntityLiteral>;
}

export function noReferences(): PolicyReferences {
  return { context: { whole: false, fields: new Map() }, entities: new Map() };
}

/** Adds what one policy refers to. */
export function collectReferences(policy: PolicyJson, into: PolicyReferences): void {
  for (const { body } of policy.conditions) {
    visit(body, into);
  }
}

/** Any `{type, id}` within, wrapped as `__entity` or not: naming one too many does no harm. */
function collectEntities(value: unknown, into: PolicyReferences): void {
  if (typeof value !== "object" || value === null) {
    return;
  }
  const { type, id } = value as Partial<EntityLiteral>;
  if (typeof type === "string" && typeof id === "string") {
    into.entities.set(`${type}::${id}`, { type, id });
  }
  for (const inner of Object.values(value)) {
    collectEntities(inner, into);
  }
}

function visit(expression: Expr, into: PolicyReferences): void {
  const path = contextPath(expression);
  if (path !== null) {
    mark(into.context, path.names, path.presenceOnly);
    return;
  }
  const [operator, operand] = Object.entries(expression)[0] ?? [];
  switch (operator) {
    case "Value":
      collectEntities(operand, into);
      return;
    case "Var":
    case "Slot":
      return;
    case "Record":
      // Its keys are the policy author's words, not operators.
      for (const inner of Object.values(operand as Record<string, Expr>)) {
        visit(inner, into);
      }
      return;
    default:
      visitOperands(operand, into);
  }
}

/** Operands are expressions, lists of them, or names and patterns, which refer to nothing. */
function visitOperands(operands: unknown, into: PolicyReferences): void {
  if (typeof operands !== "object" || operands === null) {
    return;
  }
  for (const operand of Object.values(operands)) {
    if (Array.isArray(operand)) {
      visitOperands(operand, into);
    } else if (typeof operand === "object" && operand !== null) {
      visit(operand as Expr, into);
    }
  }
}

/** The names from `context` to what the expression reads, if that is what it does. */
function contextPath(expression: Expr): { names: string[]; presenceOnly: boolean } | null {
  if ("Var" in expression) {
    return expression.Var === "context" ? { names: [], presenceOnly: false } : null;
  }
  if ("." in expression && !Array.isArray(expression["."])) {
    const { left, attr } = expression["."];
    const base = contextPath(left);
    return base === null || base.presenceOnly ? null : { names: [...base.names, attr], presenceOnly: false };
  }
  if ("has" in expression && !Array.isArray(expression.has)) {
    const { left, attr } = expression.has;
    const base = contextPath(left);
    return base === null || base.presenceOnly ? null : { names: base.names.concat(attr), presenceOnly: true };
  }
  return null;
}

function mark(root: ContextAccess, names: readonly string[], presenceOnly: boolean): void {
  let access = root;
  for (const name of names) {
    let next = access.fields.get(name);
    if (next === undefined) {
      access.fields.set(name, (next = { whole: false, fields: new Map() }));
    }
    access = next;
  }
  if (!presenceOnly) {
    access.whole = true;
  }
}
