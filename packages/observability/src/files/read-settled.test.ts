import { describe, expect, it } from "vitest";
import { readSettled } from "./read-settled.ts";

/** Reads these, one after another, and the last one from then on. */
function script(...readings: (string | Error)[]) {
  let reads = 0;
  const read = async () => {
    const reading = readings[Math.min(reads++, readings.length - 1)];
    if (reading instanceof Error) {
      throw reading;
    }
    return reading ?? "";
  };
  return { read, reads: () => reads };
}
const same = (text: string) => text;

describe("readSettled", () => {
  it("does not wait for what is known", async () => {
    const { read, reads } = script("known", "other");
    expect(await readSettled(read, same, "known")).toEqual({ value: "known", print: "known" });
    expect(reads()).toBe(1);
  });

  it("reads until nothing changes any more", async () => {
    const { read, reads } = script("", "permit(", new Error("ENOENT"), "permit();forbid();");
    expect(await readSettled(read, same, "known")).toMatchObject({ value: "permit();forbid();" });
    expect(reads()).toBe(5);
  });

  it("is back at what is known where a change is undone meanwhile", async () => {
    const { read } = script("half", "known");
    expect(await readSettled(read, same, "known")).toMatchObject({ print: "known" });
  });

  it("takes a failure that stays for a result", async () => {
    const { read } = script(new Error("ENOENT"));
    expect(await readSettled(read, same, null)).toMatchObject({ error: { message: "ENOENT" } });
  });
});
