import { expect, it } from "vitest";
import { combineObservers } from "./combine-observers.ts";
import { SILENT_DELIVERY_OBSERVER } from "./delivery/engine/ports/observer.ts";
import { SILENT_LOG_BUILDER_OBSERVER } from "./log-builder/observer.ts";
import { SILENT_AUDIT_OBSERVER } from "./observer.ts";

interface Observer {
  began(at: number): void;
  ended(): void;
}

it("tells each observer in order, also behind one that throws, and with its own `this`", () => {
  const told: string[] = [];
  const complete: Observer = {
    began: (at) => void told.push(`first ${at}`),
    ended: () => void told.push("first ended"),
  };
  const failing: Partial<Observer> = {
    began() {
      throw new Error("an observer's own fault");
    },
  };
  const last = {
    name: "last",
    began(at: number) {
      told.push(`${this.name} ${at}`);
    },
  };
  const all = combineObservers(complete, failing, {}, last);
  all.began(7);
  all.ended();
  expect(told).toEqual(["first 7", "last 7", "first ended"]);
});

it.each([
  ["of the store", SILENT_AUDIT_OBSERVER],
  ["of the log builder", SILENT_LOG_BUILDER_OBSERVER],
  ["of deliveries", SILENT_DELIVERY_OBSERVER],
])("has an observer %s that does nothing, to begin with", (_whose, silent) => {
  for (const method of Object.values(silent) as (() => unknown)[]) {
    expect(method()).toBeUndefined();
  }
});
