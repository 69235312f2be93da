// Regions that fetch themselves again (`live()` in parts/progress.html). htmx does the fetching; this keeps it
// quiet in a hidden tab, says when the network is gone, and leaves the page when the session is over.
import { word } from "./words";

interface RequestEvent extends Event {
  detail: { ctx?: { sourceElement?: Element; response?: { raw?: { redirected?: boolean } } } };
}

function regionOf(event: Event): HTMLElement | null {
  const source = (event as RequestEvent).detail?.ctx?.sourceElement;
  return source instanceof HTMLElement && "live" in source.dataset ? source : null;
}

function holdWhenHidden(event: Event): void {
  if (document.hidden && regionOf(event)) event.preventDefault();
}

function sayStale(event: Event): void {
  const state = regionOf(event)?.querySelector<HTMLElement>("[data-live-state]");
  if (state) state.textContent = word("liveStale");
}

/** A redirected answer is the login page: the whole page goes there, not the region alone. */
function leaveWhenRedirected(event: Event, reload: () => void): void {
  if (!regionOf(event)) return;
  if ((event as RequestEvent).detail.ctx?.response?.raw?.redirected !== true) return;
  event.preventDefault();
  reload();
}

export function watchLiveRegions(
  target: EventTarget = document,
  reload: () => void = () => window.location.reload(),
): void {
  target.addEventListener("htmx:before:request", holdWhenHidden);
  target.addEventListener("htmx:before:response", (event) => leaveWhenRedirected(event, reload));
  target.addEventListener("htmx:response:error", sayStale);
  target.addEventListener("htmx:error", sayStale);
}
