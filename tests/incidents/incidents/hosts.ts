import { availableParallelism } from "node:os";
import { spawn } from "node:child_process";
import { machine, machineWithMemory } from "../parts/machine.ts";
import type { Incidents } from "../incident.ts";

/** Machines. */
export const hostIncidents: Incidents = {
  "disk-full": {
    what: "the file system (tmpfs) on which the gateway keeps its data is nearly full",
    alerts: ["LowHostDiskSpace", "LowDataDiskSpace"],
    needs: [machine],
    strike(world) {
      world.part(machine).fill();
      return () => world.part(machine).empty();
    },
  },
  "memory-used-up": {
    what: "a tenth of the machine's memory is left",
    alerts: ["HighHostMemoryUsage"],
    needs: [machineWithMemory],
    played: "/proc/meminfo, as the exporter reads it: the whole machine would suffer",
    strike(world) {
      world.part(machineWithMemory).leave(0.1);
      return () => world.part(machineWithMemory).leave(0.6);
    },
  },
  "processors-used-up": {
    what: "a process for each processor computes without end",
    alerts: ["HighHostCpuUsage"],
    needs: [machine],
    strike() {
      const busy = Array.from({ length: availableParallelism() }, () =>
        spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
      );
      const end = () => busy.forEach((one) => one.kill("SIGKILL"));
      process.once("exit", end);
      return end;
    },
  },
};
