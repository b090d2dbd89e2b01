import { buffer } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { ReceivedResponse } from "./received-response.ts";

const CHUNK = Buffer.alloc(16 * 1024, "a");

function receive() {
  const source = { resume: vi.fn<() => void>(), destroyed: vi.fn<(error: Error | null) => void>() };
  return { source, response: new ReceivedResponse(200, {}, source) };
}

describe("a response whose stream is not asked for yet", () => {
  it("keeps so much of it, and goes on when it is read", async () => {
    const { source, response } = receive();
    let kept = 1;
    while (response.push(CHUNK)) {
      kept += 1;
    }
    expect(kept * CHUNK.length).toBe(64 * 1024);
    expect(source.resume).not.toHaveBeenCalled();
    source.resume.mockImplementationOnce(() => {
      response.push(CHUNK);
      response.complete();
    });
    expect((await buffer(response.body)).length).toBe((kept + 1) * CHUNK.length);
  });

  it("is taken as a whole, in one piece or in several, without a stream that would end", async () => {
    const { source, response } = receive();
    response.push(Buffer.from("a"));
    response.push(Buffer.from("b"));
    response.complete();
    expect(String(await response.takeWhole(0))).toBe("ab");
    expect(source.destroyed).not.toHaveBeenCalled();
  });

  it("shows a fault that came before to who reads it", async () => {
    const { source, response } = receive();
    response.push(CHUNK);
    response.fail(new Error("cut off"));
    expect(await response.takeWhole(0)).toBe(null);
    await expect(buffer(response.body)).rejects.toThrow("cut off");
    expect(source.destroyed).toHaveBeenCalledTimes(1);
  });
});
