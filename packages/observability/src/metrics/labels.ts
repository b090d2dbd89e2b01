import { STATUS_CODES } from "node:http";

/** A label whose values are a closed list, known to the compiler. */
export interface OneOfLabel<V extends string = string> {
  readonly kind: "oneOf";
  readonly values: readonly V[];
}

/** A label whose values come from outside; the first `max` distinct ones keep their own series. */
export interface BoundedLabel {
  readonly kind: "bounded";
  readonly max: number;
  /** Values that have their series whatever else comes; they are not counted. */
  readonly reserved: readonly string[];
}

/**
 * A label of names that any caller could make up. Only those that were introduced to the recorder, under the name of
 * their group, have series of their own: up to `max` of them, for all metrics with the group.
 */
export interface IntroducedLabel {
  readonly kind: "introduced";
  readonly group: string;
  readonly max: number;
}

/** Which values a label of a metric can have: a closed list, a bounded number, or those that were introduced. */
export type LabelDefinition = OneOfLabel | BoundedLabel | IntroducedLabel;

/** Value that stands for everything beyond a label's bound or outside of its list. */
export const OTHER = "other";
/** Value that stands for null, undefined and the empty string. */
export const NONE = "none";

/** A label that takes one of these values; anything else is recorded as `other` and counted. */
export function oneOf<const V extends string>(...values: readonly V[]): OneOfLabel<V> {
  return Object.freeze({ kind: "oneOf", values: Object.freeze([...values]) });
}

/** A label of unknown values, of which the first `max` beside the reserved ones are kept apart; the rest becomes `other`. */
export function bounded(max: number, reserved: readonly string[] = []): BoundedLabel {
  return Object.freeze({ kind: "bounded", max, reserved: Object.freeze([...reserved]) });
}

/** The statuses that a response can end with. */
const FINAL_STATUSES = Object.keys(STATUS_CODES).filter((status) => Number(status) >= 200);

/**
 * The label of a response's status, with what may stand there in place of one. Each assigned status has its series, so
 * that a query for a class of them, as `5..`, finds what there can be; of others come few.
 */
export function httpStatus(...more: readonly string[]): BoundedLabel {
  return bounded(10, [...FINAL_STATUSES, ...more]);
}

/** A label of names that are kept apart once they were introduced; the rest becomes `other`. */
export function introduced(group: string, max: number): IntroducedLabel {
  return Object.freeze({ kind: "introduced", group, max });
}

/** What a caller may pass for a label: `none` in a list admits null, as labels of other kinds always do. */
export type LabelValue<L> =
  L extends OneOfLabel<infer V>
    ? V | ("none" extends V ? null | undefined : never)
    : string | null | undefined;
