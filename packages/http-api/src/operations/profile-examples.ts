import { varies, type Example } from "../examples/example.ts";

export const profileExamples = {
  takeProfile: {
    request: { query: { seconds: 0.1 } },
    response: {
      status: 200,
      body: varies('{"nodes":[…],"startTime":1,"endTime":100001,"samples":[…],"timeDeltas":[…]}'),
    },
  },
} satisfies Record<string, Example>;
