import { collectSchemas } from "@sark/http-api/documents";
import { commandTree } from "../frame/command-tree.ts";
import { TOOLS } from "./tools.ts";

/** JSON Schema of what each command prints as JSON: of the object, or of each line. */
export async function cliSchemas(): Promise<object> {
  const collection = collectSchemas();
  const commands: Record<string, object> = {};
  const trees = await Promise.all(TOOLS.map((tool) => commandTree(tool)));
  for (const { words, definition } of trees.flatMap(({ commands: all }) => all)) {
    if (definition.output !== null) {
      commands[words.join(" ")] = collection.convert(await definition.output.schema(), "output");
    }
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    description:
      "What each command prints as JSON: the object, or each line. Members are added, never renamed.",
    commands,
    components: { schemas: collection.schemas },
  };
}
