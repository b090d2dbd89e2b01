import type { JsonObject } from "@sark/json";
import type { z } from "zod";

/** One thing that is wrong with the configuration, and the setting that has it. */
export interface Problem {
  readonly place: string;
  readonly message: string;
}

/** Where a setting stands in the file, in the form that its user wrote. */
export type PlaceOf = (path: readonly PropertyKey[]) => readonly PropertyKey[];

/** Settings of one service. */
export interface SettingsDefinition<S extends z.ZodType> {
  readonly schema: S;
  /** Each section of the schema, and each setting in none. */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  /** Environment variables begin with it: `SARK_`. Others of this beginning are refused. */
  readonly prefix: string;
  /** Names that operators know from elsewhere, by the setting: `database.url` is `DATABASE_URL`. */
  readonly wellKnown: Readonly<Record<string, string>>;
  /** Variables of this beginning that are no settings. */
  readonly otherVariables: readonly string[];
  /** Takes other forms of the file: changes what was read into the form of the schema. */
  adopt?(raw: JsonObject): { readonly placeOf: PlaceOf; readonly problems: readonly Problem[] };
  /** What follows a message about unknown settings or variables, by its text: what they are called now. */
  hint?(place: string, text: string): string;
}
