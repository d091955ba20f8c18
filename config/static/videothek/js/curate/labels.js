// Forms with tags: of labels, of playlists. What was picked goes with the form.
import { makePick } from "./pick.js";

for (const form of document.querySelectorAll("form[data-pick]")) makePick(form, form.dataset.names);
