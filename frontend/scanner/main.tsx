import { render } from "preact";

import { openDesk } from "./store/desk";
import { App } from "./ui/app";

const root = document.getElementById("app");
if (root) {
  const desk = openDesk();
  void desk.start();
  render(<App desk={desk} />, root);
}
