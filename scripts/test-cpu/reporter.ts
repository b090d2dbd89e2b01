import { relative } from "node:path";
import type { FileTime } from "./measure-file.ts";
import type { Reporter, TestModule } from "vitest/node";

const SHOWN = 10;
const NONE: FileTime = { own: 0, children: 0 };

/** Closes the run with the processor time that the files took: all of them, and the ten that took the most. */
export default class ProcessorTimeReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const files = modules
      .map((module) => {
        const { own, children } = module.meta().processorTime ?? NONE;
        return { file: relative(process.cwd(), module.moduleId), children, total: own + children };
      })
      .toSorted((a, b) => b.total - a.total);
    console.log("\nProcessor time in seconds, of which in processes that a test started:");
    for (const { file, total, children } of files.slice(0, SHOWN)) {
      console.log(line(total, children, file));
    }
    const sum = (seconds: readonly number[]) => seconds.reduce((all, one) => all + one, 0);
    console.log(
      line(sum(files.map(({ total }) => total)), sum(files.map(({ children }) => children)), "all files"),
    );
  }
}

function line(total: number, children: number, what: string): string {
  return `${total.toFixed(1).padStart(7)} ${children.toFixed(1).padStart(7)}  ${what}`;
}
