import "./styles/plain.css";
import { enhanceCopies } from "./modules/copy";
import { focusSummary } from "./modules/focus";
import { enhanceGuards, releaseOnReturn } from "./modules/guard";
import { keepOffline } from "./modules/offline";
import { enhancePlates } from "./modules/plate";

enhancePlates(document);
enhanceGuards(document);
enhanceCopies(document);
releaseOnReturn();
focusSummary(document);
void keepOffline(document);
