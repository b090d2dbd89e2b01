import type { McpServer, ServerContext } from "@modelcontextprotocol/server";
import { wait } from "@sark/observability/waiting";
import { z } from "zod";
import type { World } from "../world.ts";

const done = (text: string) => ({ content: [{ type: "text" as const, text }] });
const milliseconds = z.number().int().min(0).max(600_000);
const count = z.number().int().min(0).max(100_000);

/** Tools that behave as tools of the real world do: well, slowly, badly. */
export function registerWorkloadTools(server: McpServer, world: World): void {
  server.registerTool(
    "echo",
    { description: "Returns its text", inputSchema: z.object({ text: z.string() }) },
    ({ text }) => done(text),
  );

  server.registerTool(
    "add",
    {
      description: "Adds two numbers",
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
      annotations: { readOnlyHint: true, idempotentHint: true },
    },
    ({ a, b }) => ({ ...done(String(a + b)), structuredContent: { sum: a + b } }),
  );

  server.registerTool(
    "slow",
    {
      description: "Takes a while, reports progress, stops when cancelled",
      inputSchema: z.object({ ms: milliseconds, steps: count.min(1).optional() }),
    },
    async ({ ms, steps = 10 }, ctx) => {
      await untilCancelled(world, ctx, async (signal) => {
        for (let step = 0; step < steps; step++) {
          await report(ctx, step, steps);
          await wait(ms / steps, { signal });
          signal.throwIfAborted();
        }
      });
      await report(ctx, steps, steps);
      return done(`took ${ms} ms`);
    },
  );

  server.registerTool(
    "stream",
    {
      description: "Sends notifications, each after a pause or when its gate is released",
      inputSchema: z.object({ count, ms: milliseconds.optional(), gate: z.string().optional() }),
    },
    async ({ count, ms, gate }, ctx) => {
      await untilCancelled(world, ctx, async (signal) => {
        for (let sent = 1; sent <= count; sent++) {
          if (gate !== undefined) {
            await world.gates.pass(gate, signal);
          }
          if (ms !== undefined) {
            await wait(ms, { signal });
            signal.throwIfAborted();
          }
          await report(ctx, sent, count);
        }
      });
      return done(`sent ${count}`);
    },
  );

  server.registerTool(
    "release",
    {
      description: "Lets `stream` send its next notification",
      inputSchema: z.object({ gate: z.string() }),
    },
    ({ gate }) => {
      world.gates.release(gate);
      return done(`released ${gate}`);
    },
  );

  server.registerTool("fail", { description: "Responds with isError" }, () => ({
    ...done("This tool always fails"),
    isError: true,
  }));

  server.registerTool(
    "big",
    {
      description: "Returns a text of so many bytes",
      inputSchema: z.object({
        bytes: z
          .number()
          .int()
          .min(0)
          .max(256 * 2 ** 20),
      }),
    },
    ({ bytes }) => done("x".repeat(bytes)),
  );

  server.registerTool(
    "crash",
    {
      description: "Dies in mid-call: the connection, or the process where the server is one",
      inputSchema: z.object({ how: z.enum(["connection", "process"]).default("connection") }),
    },
    async ({ how }, ctx) => {
      // With a progress token the response is a stream that has begun already.
      await report(ctx, 1, 2);
      const exchange = world.recorder.current();
      if (how === "process" || !exchange?.disconnect) {
        world.exit?.(1);
      }
      await exchange?.disconnect?.(ctx.mcpReq._meta?.progressToken !== undefined);
      return done("this is not heard");
    },
  );
}

async function report(ctx: ServerContext, progress: number, total: number): Promise<void> {
  const progressToken = ctx.mcpReq._meta?.progressToken;
  if (progressToken === undefined) {
    return;
  }
  await ctx.mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total } });
}

/** Runs the work; when the caller gives up meanwhile, writes that down and fails. */
async function untilCancelled(
  world: World,
  ctx: ServerContext,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal } = ctx.mcpReq;
  try {
    await work(signal);
    signal.throwIfAborted();
  } catch (error) {
    const exchange = world.recorder.current();
    if (signal.aborted && exchange) {
      world.recorder.update(exchange.seen, { cancelled: true });
    }
    throw error;
  }
}
