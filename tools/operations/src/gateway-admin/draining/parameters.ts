export const optionalReasonFlag = {
  kind: "parsed",
  parse: (value: string) => value,
  optional: true,
  placeholder: "TEXT",
  brief: "Why; it goes on record",
} as const;
