import { defineConfig, mergeConfig } from "vitest/config";
import { COMMANDS_OF_DOCUMENTATION, SET_UP, shared } from "./vitest.config.ts";

// `npm run test:docs`: every command of the documentation, executed. Apart from the other tests, as it takes a minute of
// processor time.
export default mergeConfig(
  shared,
  defineConfig({ test: { name: "docs", include: [COMMANDS_OF_DOCUMENTATION], globalSetup: [...SET_UP] } }),
);
