export { canonicalJson } from "../json/canonical-json.ts";
export { closingQuote } from "../json/closing-quote.ts";
export { hasOneReading } from "../json/has-one-reading.ts";
export { JsonNumberError } from "../json/decimal.ts";
export {
  MAX_NUMBER_CHARACTERS,
  MAX_NUMBER_EXPONENT,
  parseJson,
  type NumberBounds,
} from "../json/parse-json.ts";
export { isRawNumber, type RawNumber } from "../json/raw-number.ts";
