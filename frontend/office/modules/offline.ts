// The driver's page is kept by the service worker, so that it opens where there is no signal.

/** Registers the service worker whose address a part of the page names in `data-worker`; elsewhere it does nothing. */
export async function keepOffline(root: ParentNode): Promise<void> {
  const address = root.querySelector<HTMLElement | SVGElement>("[data-worker]")?.dataset["worker"];
  if (!address || !("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(address);
  } catch (problem) {
    // The page itself works without; whoever looks why it is not kept finds it in the console.
    console.warn("not kept for off line", problem);
  }
}
