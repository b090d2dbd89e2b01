import type { Action } from "../../domain/authorization.ts";

/**
 * Groups that policies may name in place of single actions, e.g. `action in Action::"gateway:use"`.
 * `gateway:method:call` belongs to none: a method without a rule of its own must be named to be permitted.
 */
export const ACTION_GROUPS: Readonly<Record<Action, readonly string[]>> = {
  "gateway:tool:invoke": ["gateway:use"],
  "gateway:resource:read": ["gateway:use"],
  "gateway:prompt:get": ["gateway:use"],
  "gateway:server:list": ["gateway:discovery"],
  "gateway:server:info": ["gateway:discovery"],
  "gateway:tool:discover": ["gateway:discovery"],
  "gateway:method:call": [],
  "gateway:a2a:execute": ["gateway:a2a"],
  "gateway:a2a:query": ["gateway:a2a"],
  "gateway:a2a:delegate": ["gateway:a2a"],
};
