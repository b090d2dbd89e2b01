// Starts a server, tells its parent the pid, and waits to be killed.
import { startPostgres } from "../start-postgres.ts";

const { pid } = await startPostgres();
process.send?.(pid);
setInterval(() => undefined, 1_000);
