import { flushCompileCache } from "node:module";
import { afterAll } from "vitest";

// Node writes what it has compiled when a process ends; a worker is ended where it stands, and would keep nothing.
afterAll(() => flushCompileCache());
