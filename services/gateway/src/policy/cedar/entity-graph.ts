import type { CedarValueJson, EntityJson } from "@cedar-policy/cedar-wasm/nodejs";
import type { EntityLiteral } from "./context-access.ts";

export type Uid = EntityLiteral;

/** An entity of a request: who asks, and what for. */
export interface RequestEntity {
  readonly uid: Uid;
  readonly attrs: Record<string, CedarValueJson>;
  readonly parents: readonly Uid[];
}

interface KnownEntity extends RequestEntity {
  readonly tags?: Record<string, CedarValueJson>;
}

/** The entities of `entities.json` and of the schema's action hierarchy. */
export interface EntityGraph {
  /** The request's entities, merged with what is known of them, and everything known that they lead to. */
  around(request: readonly RequestEntity[]): EntityJson[];
}

/**
 * Only entities that a policy can reach from the request are handed to Cedar, so that a large file costs
 * little: parents, entities in attributes, and those that policies name (`named`).
 */
export function createEntityGraph(known: readonly EntityJson[], named: Iterable<Uid>): EntityGraph {
  const byKey = new Map<string, KnownEntity>();
  for (const entity of known) {
    const read = toKnown(entity);
    const before = byKey.get(keyOf(read.uid));
    byKey.set(keyOf(read.uid), before === undefined ? read : merge(before, read));
  }
  const always = [...named];

  return {
    around(request) {
      if (byKey.size === 0) {
        return request.map(toEntityJson);
      }
      const collected = new Map<string, KnownEntity>();
      for (const entity of request) {
        const key = keyOf(entity.uid);
        const fromFile = byKey.get(key);
        collected.set(key, fromFile === undefined ? entity : merge(fromFile, entity));
      }
      const waiting = [...always, ...[...collected.values()].flatMap(leadsTo)];
      for (let uid = waiting.pop(); uid !== undefined; uid = waiting.pop()) {
        const key = keyOf(uid);
        const entity = byKey.get(key);
        if (entity === undefined || collected.has(key)) {
          continue;
        }
        collected.set(key, entity);
        waiting.push(...leadsTo(entity));
      }
      return [...collected.values()].map(toEntityJson);
    },
  };
}

function keyOf(uid: Uid): string {
  return `${uid.type}::${uid.id}`;
}

/** What the gateway itself knows of an entity wins over what the file says. */
function merge(base: KnownEntity, over: KnownEntity): KnownEntity {
  const parents = new Map([...base.parents, ...over.parents].map((uid) => [keyOf(uid), uid]));
  return { ...base, ...over, attrs: { ...base.attrs, ...over.attrs }, parents: [...parents.values()] };
}

function leadsTo(entity: KnownEntity): Uid[] {
  const found = [...entity.parents];
  collectUids(entity.attrs, found);
  if (entity.tags !== undefined) {
    collectUids(entity.tags, found);
  }
  return found;
}

function collectUids(value: unknown, found: Uid[]): void {
  if (typeof value !== "object" || value === null) {
    return;
  }
  const { __entity: reference } = value as { __entity?: Uid };
  if (reference !== undefined) {
    found.push(reference);
  } else {
    for (const inner of Object.values(value)) {
      collectUids(inner, found);
    }
  }
}

function toKnown(entity: EntityJson): KnownEntity {
  const { uid, attrs, parents, tags } = entity;
  return {
    uid: plainUid(uid),
    attrs,
    parents: parents.map(plainUid),
    ...(tags === undefined ? {} : { tags }),
  };
}

function plainUid(uid: EntityJson["uid"]): Uid {
  return "__entity" in uid ? uid.__entity : uid;
}

function toEntityJson(entity: KnownEntity): EntityJson {
  return { ...entity, parents: [...entity.parents] };
}
