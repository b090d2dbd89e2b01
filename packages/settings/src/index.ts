export type { PlaceOf, Problem, SettingsDefinition } from "./definition.ts";
export { ConfigurationError, loadSettings } from "./load.ts";
