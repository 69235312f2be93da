import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Desk } from "../core/desk";
import type { Eyes } from "./eyes";
import { Banners } from "./parts/banners";
import { Strip } from "./parts/strip";
import { Tabs } from "./parts/tabs";
import { openRoute } from "./route";
import type { ScreenName } from "./route";
import { openSettings } from "./settings";
import { openShell, ShellProvider, useShell } from "./shell";
import { Car } from "./screens/car";
import { DutyScreen } from "./screens/duty";
import { Ended } from "./screens/ended";
import { Enrol } from "./screens/enrol";
import { Give } from "./screens/give";
import { Introduction } from "./screens/intro";
import { Issue } from "./screens/issue";
import { Log } from "./screens/log";
import { LookUp } from "./screens/lookup";
import { More } from "./screens/more";
import { NoPass } from "./screens/nopass";
import { Points } from "./screens/points";
import { Scan } from "./screens/scan";
import { SettingsScreen } from "./screens/settings";
import { Slips } from "./screens/slips";
import { SyncScreen } from "./screens/sync";
import { Take } from "./screens/take";
import { Elsewhere } from "./screens/elsewhere";
import "./styles/all.css";

const SCREENS: Readonly<Record<ScreenName, FunctionComponent>> = {
  scan: Scan,
  car: Car,
  nopass: NoPass,
  lookup: LookUp,
  more: More,
  log: Log,
  sync: SyncScreen,
  duty: DutyScreen,
  points: Points,
  settings: SettingsScreen,
  give: Give,
  take: Take,
  issue: Issue,
  slips: Slips,
  enrol: Enrol,
};

/** Screens that begin something; the others take the whole height. */
const WITH_TABS: ReadonlySet<ScreenName> = new Set(["scan", "more"]);
const PASS_ADDRESS = /^\/p\/[0-9]{1,434}$/;

/** All screens, over a desk and a camera, or what a test has in their place. */
export function Room({ desk, eyes }: { readonly desk: Desk; readonly eyes: Eyes }) {
  const [shell] = useState(() => openShell(desk, eyes, openRoute(), openSettings()));
  useEffect(() => shell.close, [shell]);
  return (
    <ShellProvider value={shell}>
      <div class="app" onPointerDown={() => shell.sounds.wake()}>
        <Inside />
        <p class="visually-hidden" role="status">
          {shell.notice.value}
        </p>
      </div>
    </ShellProvider>
  );
}

/** What the standing of this phone lets through. */
function Inside() {
  const { desk, words, route, settings } = useShell();
  const standing = desk.standing.value;
  if (desk.elsewhere.value) return <Elsewhere />;
  if (standing.state === "starting") return <p class="starting">{words.value.loading}</p>;
  if (route.screen.value === "enrol") return <Enrol />;
  if (standing.state === "ended") return <Ended standing={standing} />;
  if (standing.state === "not_enrolled") return <Enrol />;
  if (!settings.introduced.value) return <Introduction />;
  return <Enrolled />;
}

function Enrolled() {
  const { route } = useShell();
  useOpenedAddress();
  const name = route.screen.value;
  const Screen = SCREENS[name];
  if (!WITH_TABS.has(name)) return <Screen />;
  return (
    <>
      <Strip />
      <Banners />
      <Screen key={name} />
      <Tabs />
    </>
  );
}

/** A pass's own address, opened in this browser without a network, is judged like a code that was read. */
function useOpenedAddress(): void {
  const { encounter } = useShell();
  useEffect(() => {
    if (PASS_ADDRESS.test(location.pathname)) void encounter.readAddress(location.origin + location.pathname);
  }, [encounter]);
}
