// What the generated JSON Schema judges: the blocks of a message, and a modal.
import type { KnownBlock, ModalView } from "@slack/types";

export interface Judged {
  blocks?: KnownBlock[];
  view?: ModalView;
}
