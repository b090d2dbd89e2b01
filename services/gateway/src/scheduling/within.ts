/** What the work comes to, or `late` when it takes longer than `milliseconds`; the work goes on. */
export async function within<T, L>(milliseconds: number, work: Promise<T>, late: L): Promise<T | L> {
  const expiry = Promise.withResolvers<L>();
  const timer = setTimeout(() => expiry.resolve(late), milliseconds);
  try {
    return await Promise.race([work, expiry.promise]);
  } finally {
    clearTimeout(timer);
  }
}
