import { exactPlace, place } from "@sark/json";
import {
  AUDIT_META_KEY,
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  LOG_LEVEL_META_KEY,
  RELATED_TASK_META_KEY,
  SERVER_INFO_META_KEY,
  SUBSCRIPTION_ID_META_KEY,
  TRACE_KEYS,
  VERSION_META_KEY,
} from "./meta-keys.ts";

/**
 * The members that the protocol names, of all revisions together, by the place where they stand: a key that is one of
 * them only for a reader that is not exact is refused there. Params are one place whatever the method, so that a method
 * of which the gateway knows nothing gains no other spelling of `name` either.
 */

const ICON = place({ src: null, mimeType: null, sizes: null, theme: null });

const IMPLEMENTATION = place({
  name: null,
  title: null,
  version: null,
  description: null,
  websiteUrl: null,
  icons: ICON,
});

const LIST_CHANGED = place({ listChanged: null, subscribe: null });
const TASKS = place({
  list: null,
  cancel: null,
  requests: place({
    sampling: place({ createMessage: null }),
    elicitation: place({ create: null }),
    tools: place({ call: null }),
  }),
});

/** Of clients and of servers. */
const CAPABILITIES = place({
  experimental: null,
  extensions: null,
  roots: LIST_CHANGED,
  sampling: place({ context: null, tools: null }),
  elicitation: place({ form: place({ applyDefaults: null }), url: null }),
  tasks: TASKS,
  logging: null,
  completions: null,
  prompts: LIST_CHANGED,
  resources: LIST_CHANGED,
  tools: LIST_CHANGED,
});

const META = place({
  progressToken: null,
  [VERSION_META_KEY]: null,
  [CLIENT_INFO_META_KEY]: IMPLEMENTATION,
  [CLIENT_CAPABILITIES_META_KEY]: CAPABILITIES,
  [SERVER_INFO_META_KEY]: IMPLEMENTATION,
  [LOG_LEVEL_META_KEY]: null,
  [RELATED_TASK_META_KEY]: place({ taskId: null }),
  [SUBSCRIPTION_ID_META_KEY]: null,
  ...Object.fromEntries(TRACE_KEYS.map((key) => [key, null])),
});

const ANNOTATIONS = place({ audience: null, priority: null, lastModified: null });

const RESOURCE_CONTENTS = place({ uri: null, mimeType: null, text: null, blob: null, _meta: META });

/** Content of all types: text, images, resources, and what models and tools say in sampling. */
const CONTENT = place({
  type: null,
  text: null,
  data: null,
  mimeType: null,
  uri: null,
  name: null,
  title: null,
  description: null,
  size: null,
  resource: RESOURCE_CONTENTS,
  id: null,
  input: null,
  toolUseId: null,
  content: null,
  structuredContent: null,
  isError: null,
  annotations: ANNOTATIONS,
  _meta: META,
});

const TASK_STATUS = {
  taskId: null,
  status: null,
  statusMessage: null,
  createdAt: null,
  lastUpdatedAt: null,
  ttl: null,
  pollInterval: null,
};

const RESULT_OF_CLIENT = {
  roots: place({ uri: null, name: null, _meta: META }),
  action: null,
  // Of elicitation: its keys are those of the schema that was asked for.
  content: null,
  role: null,
  model: null,
  stopReason: null,
  task: place(TASK_STATUS),
  tasks: place(TASK_STATUS),
  nextCursor: null,
  ...TASK_STATUS,
  resultType: null,
  _meta: META,
};

/** The result of a client for a request of the server: roots, what a person or (with a `role`) a model said, a task. */
export const CLIENT_RESULT = place(RESULT_OF_CLIENT, {
  having: { member: "role", is: place({ ...RESULT_OF_CLIENT, content: CONTENT }) },
});

export const ERROR = place({ code: null, message: null, data: null });

const REFERENCE = place({ type: null, name: null, uri: null, title: null });

/** Of all requests and notifications of clients. */
export const PARAMS = place({
  _meta: META,
  name: null,
  arguments: null,
  uri: null,
  cursor: null,
  level: null,
  ref: REFERENCE,
  argument: place({ name: null, value: null }),
  context: place({ arguments: null }),
  task: place({ ttl: null, pollInterval: null }),
  inputResponses: place({}, { each: CLIENT_RESULT }),
  requestState: null,
  notifications: place({
    toolsListChanged: null,
    promptsListChanged: null,
    resourcesListChanged: null,
    resourceSubscriptions: null,
    taskIds: null,
  }),
  protocolVersion: null,
  capabilities: CAPABILITIES,
  clientInfo: IMPLEMENTATION,
  requestId: null,
  reason: null,
  progressToken: null,
  progress: null,
  total: null,
  message: null,
  ...TASK_STATUS,
});

const LISTED = exactPlace({ name: null, uri: null, uriTemplate: null });

/**
 * The results of servers, as far as the gateway reads them: what is listed, what is on record, and how a call ended. Servers
 * may add members of their own, such as `input_schema` beside `inputSchema`.
 */
const SERVER_RESULT = exactPlace({
  tools: LISTED,
  resources: LISTED,
  resourceTemplates: LISTED,
  prompts: LISTED,
  nextCursor: null,
  cacheScope: null,
  content: null,
  structuredContent: null,
  isError: null,
  contents: null,
  messages: null,
  resultType: null,
  inputRequests: null,
  requestState: null,
  _meta: exactPlace({ [AUDIT_META_KEY]: null }),
});

/** A message of a server. Params are left out: nothing is decided by what a server asks for or tells. */
export const SERVER_MESSAGE = exactPlace({
  jsonrpc: null,
  id: null,
  method: null,
  params: null,
  result: SERVER_RESULT,
  error: exactPlace({ code: null, message: null, data: null }),
});
