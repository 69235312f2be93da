import type { Desk } from "../core/desk";
import { cameraEyes } from "./camera_eyes";
import { Room } from "./room";

/** The scanner's screens, with this phone's own camera. */
export function App({ desk }: { readonly desk: Desk }) {
  return <Room desk={desk} eyes={cameraEyes} />;
}
