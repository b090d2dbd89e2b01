export { findAmbiguity, hasBrokenUnicode } from "./ambiguity.ts";
export { type MemberChanges, addMember, editObject, findMember, renderDerived } from "./edit.ts";
export { type Fold, createFold, foldName, foldSpelling } from "./fold-name.ts";
export { exactKey, foldedKey } from "./folded-key.ts";
export {
  type Json,
  type JsonObject,
  type RawNumber,
  isJsonObject,
  isRawNumber,
  without,
} from "./json-value.ts";
export { type Place, exactPlace, findLookAlike, place } from "./known-members.ts";
export { type Measure, countMembers, measureJson } from "./measure.ts";
export { bytesOnOneLine, textOnOneLine } from "./one-line.ts";
export { hasPrototypeKey } from "./prototype-key.ts";
export { type Range, contentEnd, elementRanges, memberRanges, skipBlank, valueEnd } from "./ranges.ts";
export { type JsonBounds, type JsonProblem, UnreadableJson, readJson } from "./read-json.ts";
