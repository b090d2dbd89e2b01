import { defineConfig, mergeConfig } from "vitest/config";
import { testsWithoutServers } from "./scripts/unit-tests.ts";
import { shared } from "./vitest.config.ts";

// `npm run test:unit`: what needs neither a process nor a server, for a result in half a minute.
export default mergeConfig(shared, defineConfig({ test: { name: "unit", include: testsWithoutServers() } }));
