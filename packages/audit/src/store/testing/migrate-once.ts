// A process that starts: migrate-once URL; sends its parent what it applied.
import { migrate } from "../migrations/migrate.ts";

process.send?.(await migrate(process.argv[2] ?? ""));
process.disconnect?.();
