/** The child's side of `startServer`: reports readiness and CPU time, and ends when told. */
export async function serve(
  start: (settings: never) => Promise<{ readonly ready: object; close(): Promise<void> }>,
): Promise<void> {
  const settings = JSON.parse(process.argv[2] ?? "{}") as never;
  const { ready, close } = await start(settings);
  process.on("message", (request) => {
    if (request === "cpu") {
      const { user, system } = process.cpuUsage();
      process.send?.((user + system) / 1e6);
    } else if (request === "stop") {
      void close().then(() => process.exit(0));
    }
  });
  // A parent that was killed cannot say so.
  process.on("disconnect", () => process.exit(1));
  process.send?.(ready);
}
