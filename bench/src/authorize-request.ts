/** A question to `/api/v1/gateway/authorize` that is allowed. */
export const body = JSON.stringify({
  action: "gateway:tool:invoke",
  server_name: "tools",
  tool_name: "look-up",
  parameters: { question: "what is six times seven" },
  gateway_metadata: {},
  context: {},
});

/** Throws where the response is another one. */
export function check(status: number, text: string): void {
  if (status !== 200 || !text.includes('"allow":true')) {
    throw new Error(`unexpected response: ${status} ${text.slice(0, 300)}`);
  }
}
