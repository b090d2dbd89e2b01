import { SILENT_LOG_BUILDER_OBSERVER, type LogBuilderObserver } from "@sark/audit/log-builder";
import type { Logger } from "@sark/observability/logging";

/** What happens in the transparency log. A refusal is the alarm: what was signed has been changed. */
export interface TransparencyLogEvents extends LogBuilderObserver {
  /** @param signer the key by which its signatures are verified. */
  opened(signer: string): void;
}

export function createTransparencyLogEvents(deps: { readonly logger: Logger }): TransparencyLogEvents {
  const logger = deps.logger.child({ component: "transparency-log" });
  const security = deps.logger.child({ component: "transparency-log", log: "security-audit" });
  return {
    ...SILENT_LOG_BUILDER_OBSERVER,
    opened: (signer) => logger.info({ signer }, "transparency log opened"),
    failed: (error) => logger.error({ error }, "the transparency log could not be signed"),
    refused: (error) => security.error({ error }, "the transparency log is not as it was signed"),
  };
}
