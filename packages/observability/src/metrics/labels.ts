/** A label whose values are a closed list, known to the compiler. */
export interface OneOfLabel<V extends string = string> {
  readonly kind: "oneOf";
  readonly values: readonly V[];
}

/** A label whose values come from outside; the first `max` distinct ones keep their own series. */
export interface BoundedLabel {
  readonly kind: "bounded";
  readonly max: number;
}

export type LabelDefinition = OneOfLabel | BoundedLabel;

/** Value that stands for everything beyond a label's bound or outside of its list. */
export const OTHER = "other";
/** Value that stands for null, undefined and the empty string. */
export const NONE = "none";

/** A label that takes one of these values; anything else is recorded as `other` and counted. */
export function oneOf<const V extends string>(...values: readonly V[]): OneOfLabel<V> {
  return Object.freeze({ kind: "oneOf", values: Object.freeze([...values]) });
}

/** A label of unknown values, of which the first `max` are kept apart and the rest becomes `other`. */
export function bounded(max: number): BoundedLabel {
  return Object.freeze({ kind: "bounded", max });
}

/** What a caller may pass for a label: `none` in a list admits null, as a bounded label always does. */
export type LabelValue<L> =
  L extends OneOfLabel<infer V>
    ? V | ("none" extends V ? null | undefined : never)
    : string | null | undefined;
