import { REDACTED } from "./secret-names.ts";
import { givesAway, type SecretPlaces } from "./secret-places.ts";

/** Deeper values are hidden whole. */
const MAX_DEPTH = 100;

/**
 * Hides secrets by name and place in text that is a JSON object or array, also in such text within it. The text itself
 * comes back where nothing was hidden, or where it is no JSON.
 */
export function hideInJsonText(
  text: string,
  isSecretName: (name: string) => boolean,
  places: SecretPlaces,
): string {
  let hidden = false;

  function hide(value: unknown): unknown {
    if (!givesAway(value)) {
      return value;
    }
    hidden = true;
    return REDACTED;
  }

  function copy(value: unknown, depth: number): unknown {
    if (depth > MAX_DEPTH) {
      return hide(value);
    }
    if (typeof value === "string") {
      const inner = hideInJsonText(value, isSecretName, places);
      if (inner !== value) {
        hidden = true;
      }
      return inner;
    }
    if (typeof value !== "object" || value === null || isNumberText(value)) {
      return value;
    }
    if (Array.isArray(value)) {
      return value.map((entry, index) =>
        places.announcesSecret(value[index - 1]) ? hide(entry) : copy(entry, depth + 1),
      );
    }
    const isPairedSecret = places.isPairedSecret(value as Record<string, unknown>);
    const shown: Record<string, unknown> = Object.create(null);
    for (const [key, child] of Object.entries(value)) {
      shown[key] = isSecretName(key) || isPairedSecret(key) ? hide(child) : copy(child, depth + 1);
    }
    return shown;
  }

  const parsed = parse(text);
  if (parsed === undefined) {
    return text;
  }
  const shown = copy(parsed, 0);
  return hidden ? JSON.stringify(shown) : text;
}

function parse(text: string): object | undefined {
  if (!/^\s{0,100}[[{]/.test(text)) {
    return undefined;
  }
  try {
    return JSON.parse(text, keepDigits) as object;
  } catch {
    return undefined;
  }
}

/** The text of a number stays as it was: no double holds all of them. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && context?.source !== undefined ? rawJson(context.source) : value;
}

const { rawJSON: rawJson, isRawJSON: isNumberText } = JSON as typeof JSON & {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};
