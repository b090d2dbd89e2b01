export { generatedFiles } from "./generated-files.ts";
export { SOURCES } from "./catalog/sources.ts";
