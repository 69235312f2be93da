/** Milliseconds a person waits for the network before what is kept is shown. */
export const PATIENCE = 3000;

/** The network's answer; null when there is none in time, or only that the server is in trouble. */
export async function fromNetwork(ask: () => Promise<Response>, patience: number): Promise<Response | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), patience);
  });
  try {
    const answer = await Promise.race([ask(), late]);
    return answer !== null && answer.status < 500 ? answer : null;
  } catch {
    // A fetch that fails says nothing but "no network": what is kept has to do.
    return null;
  } finally {
    clearTimeout(timer);
  }
}
