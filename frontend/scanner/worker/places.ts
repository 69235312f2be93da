/** Which addresses this worker answers. Everything that is not named here goes to the network untouched. */
export type Place = "scanner" | "inspect" | "pass" | "driver" | "elsewhere";

const PASS = /^\/p\/[0-9]{1,434}$/;
const DRIVER = /^\/d\/[A-Za-z0-9_-]+$/;

/** The place of a path such as "/scanner/". */
export function placeOf(path: string): Place {
  if (path === "/scanner/") return "scanner";
  if (path === "/inspect/") return "inspect";
  if (PASS.test(path)) return "pass";
  return DRIVER.test(path) ? "driver" : "elsewhere";
}

/** Whether a window at this address works off line and may have the whole app kept; a driver's phone may not. */
export function wantsShell(address: string): boolean {
  const place = placeOf(new URL(address).pathname);
  return place === "scanner" || place === "inspect";
}

/** Whether a window may be running the app: also the address of a pass is answered with it when there is no network. */
export function runsApp(address: string): boolean {
  return wantsShell(address) || placeOf(new URL(address).pathname) === "pass";
}
