import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "rolldown";

/** Has each module in a bundle know its own place still: policies, migrations and manifests are found from there. */
export const ownPlace: Plugin = {
  name: "own-place",
  transform: {
    filter: { code: /import\.meta|__dirname|__filename/ },
    handler(code, id) {
      const url = JSON.stringify(pathToFileURL(id).href);
      const values: Readonly<Record<string, string>> = {
        "import.meta.url": url,
        "import.meta.dirname": JSON.stringify(dirname(id)),
        "import.meta.filename": JSON.stringify(id),
        __dirname: JSON.stringify(dirname(id)),
        __filename: JSON.stringify(id),
      };
      return code
        .replace(/\bimport\.meta\.resolve\(("\.[^"]*")\)/g, `new URL($1, ${url}).href`)
        .replace(
          /\bimport\.meta\.(?:url|dirname|filename)\b|\b__(?:dirname|filename)\b/g,
          (name) => values[name] ?? name,
        );
    },
  },
};
