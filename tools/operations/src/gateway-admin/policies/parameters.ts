/** What a command tries. */
export const pathParameter = {
  parse: (value: string) => value,
  brief: "Folder of Cedar policies, or one file",
  placeholder: "PATH",
} as const;
