import { varies, type Example } from "@sark/http-api";

const respondedWith = (resource: string) => ({
  status: 200,
  body: {
    resource,
    authorization_servers: varies(["https://id.example.com"]),
    bearer_methods_supported: ["header"],
  },
});

export const resourceExamples = {
  getApiResource: { response: respondedWith("https://gateway.example.com") },
  getMcpResource: {
    request: { path: { path: "mcp/tools" } },
    response: respondedWith("https://gateway.example.com/mcp/tools"),
  },
} satisfies Record<string, Example>;
