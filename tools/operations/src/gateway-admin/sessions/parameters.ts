export const sessionParameter = {
  kind: "tuple",
  parameters: [
    {
      parse: (value: string) => value,
      placeholder: "SESSION",
      brief: "What `sessions list` shows in its first column, and records as session_id",
    },
  ],
} as const;

export function pathOf(fingerprint: string): string {
  return `/admin/v1/sessions/${encodeURIComponent(fingerprint)}`;
}
