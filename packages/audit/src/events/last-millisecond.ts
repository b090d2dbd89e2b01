/** The same text, written once for those that ask for the same millisecond one after another: under load many events share it. */
export function writtenOnce(write: (millisecond: number) => string): (millisecond: number) => string {
  let last = Number.NaN;
  let text = "";
  return (millisecond) => {
    if (millisecond !== last) {
      text = write(millisecond);
      last = millisecond;
    }
    return text;
  };
}
