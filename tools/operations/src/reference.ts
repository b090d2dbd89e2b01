export { cliReference } from "./reference/cli-reference.ts";
export { cliSchemas } from "./reference/cli-schemas.ts";
