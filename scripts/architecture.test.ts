import { expect, it } from "vitest";
import { namedPaths } from "./architecture/named-paths.ts";

it("takes files, folders and both names of a pair from a page, and no code", () => {
  const page =
    "`app.ts` and `mcp/{calls,errors}/x.ts`, `store/`, `@sark/audit`, `/metrics`, `npm start`, `Principal`, `seq`";
  expect(namedPaths(page)).toEqual(["app.ts", "mcp/calls/x.ts", "mcp/errors/x.ts", "store/"]);
});
