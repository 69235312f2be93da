import "./styles/office.css";
import "htmx.org";
import { enhanceCopies } from "./modules/copy";
import { enhanceCounties } from "./modules/county";
import { enhanceDrafts } from "./modules/draft";
import { focusSummary } from "./modules/focus";
import { enhanceGuards, releaseOnReturn } from "./modules/guard";
import { watchLiveRegions } from "./modules/live";
import { enhancePlates } from "./modules/plate";
import { enhanceRows } from "./modules/rows";

function enhanceAll(): void {
  enhancePlates(document);
  // Rows look at the digits in the county inputs, so they come before the pickers take those over.
  enhanceRows(document);
  enhanceCounties(document);
  enhanceDrafts(document);
  enhanceGuards(document);
  enhanceCopies(document);
}

enhanceAll();
document.addEventListener("htmx:after:swap", enhanceAll);
releaseOnReturn();
watchLiveRegions();
focusSummary(document);
