/** The screens over a pretended desk, to be looked at: never part of the app. `?show=NAME` picks a scene, `&eyes` the real camera. */

import { render } from "preact";

import { cameraEyes } from "../../ui/camera_eyes";
import type { Eyes, Read } from "../../ui/eyes";
import { Blind } from "../../ui/eyes";
import { Room } from "../../ui/room";
import { FakeDesk } from "../fake_desk";
import { SCENES } from "./scenes";

const asked = new URL(location.href).searchParams;
const scene = SCENES[asked.get("show") ?? "green"];
const desk = new FakeDesk();
let handOver: (reads: readonly Read[]) => void = () => undefined;

const eyes: Eyes = {
  open: async (_video, _which, onReads) => {
    if (asked.has("blind")) throw new Blind("denied");
    handOver = onReads;
    return { torch: async () => undefined, zoom: { steps: [1, 2, 4], set: async () => undefined }, others: true, close: () => undefined };
  },
  read: async () => [],
};

localStorage.setItem(
  "changtong.screen",
  JSON.stringify({
    language: asked.get("language") ?? "zh",
    theme: asked.get("theme") ?? "day",
    introduced: asked.get("show") !== "intro",
    officers: ["王海涛", "李静", "Батбаяр"],
    goods: [7],
    destinations: ["220102", "222426"],
  }),
);
history.replaceState(null, "", `${location.pathname}${location.search}#${scene?.hash ?? "scan"}`);
scene?.prepare?.(desk);
const root = document.getElementById("app");
if (root) render(<Room desk={desk} eyes={asked.has("eyes") ? cameraEyes : eyes} />, root);
const reads = scene?.reads;
if (reads) setTimeout(() => [1, 2, 3, 4].forEach((nth) => setTimeout(() => handOver(reads), 80 * nth)), 100);
Object.assign(window, { desk, see: (text: string) => handOver([{ text, quality: null }]) });
