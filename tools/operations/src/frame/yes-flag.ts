/** Of every command that asks before it acts. */
export const yesFlag = {
  kind: "boolean",
  default: false,
  withNegated: false,
  brief: "Do it without a question; needed where no terminal is there to ask",
} as const;
