// What both ways of triage share: the line that says what was done, the help, the last answers.
import { ask, make } from "./api.js";

const SAID_MS = 6000;

export const facts = JSON.parse(document.querySelector("#triage-facts").textContent);

const said = document.querySelector("[data-said]");
const offline = document.querySelector("[data-offline]");
let timer = 0;

/** Says what was done; with `canUndo`, beside a button that takes it back. */
export function say(words, canUndo = false) {
  clearTimeout(timer);
  said.querySelector("span").textContent = words;
  said.querySelector("button").hidden = !canUndo;
  said.hidden = false;
  timer = setTimeout(() => {
    said.hidden = true;
  }, SAID_MS);
}

export function tellWaiting(count) {
  offline.hidden = !count;
  offline.textContent = count
    ? `The library can't be reached. ${count === 1 ? "One answer waits" : `${count} answers wait`} here and will be sent; keep this page open.`
    : "";
}

/** "312 of 1,850 · 2.4 s each · about 1 h left". */
export function whereWords(progress) {
  const number = (value) => value.toLocaleString("en");
  const words = [`${number(progress.processed)} of ${number(progress.total)}${progress.is_total_exact ? "" : " or more"}`];
  if (progress.seconds_each) {
    words.push(`${progress.seconds_each < 10 ? progress.seconds_each.toFixed(1) : Math.round(progress.seconds_each)} s each`);
    if (progress.is_total_exact) words.push(timeLeft(progress.seconds_left));
  }
  return words.filter(Boolean).join(" · ");
}

function timeLeft(seconds) {
  if (!seconds) return "";
  if (seconds < 90) return "about a minute left";
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `about ${minutes} min left`;
  return `about ${Math.round(minutes / 60)} h left`;
}

export const help = document.querySelector("[data-help]");
const history = document.querySelector("[data-history]");

/** The last answers with a button for each that can be taken back. */
export async function showHistory(takeBack) {
  const list = history.querySelector("[data-answers]");
  list.replaceChildren(make("li", { textContent: "Looking …" }));
  history.showModal();
  try {
    const rows = await ask("GET", facts.api.answers);
    list.replaceChildren(
      ...rows.map((row) => {
        const undo = make("button", { type: "button", className: "v-button", textContent: "Take back" });
        undo.addEventListener("click", () => {
          history.close();
          takeBack(row.id);
        });
        return make("li", { className: row.can_undo ? "" : "t-undone" }, make("span", { textContent: row.summary }), row.can_undo ? undo : "");
      }),
    );
    if (!rows.length) list.replaceChildren(make("li", { textContent: "None yet in this queue." }));
  } catch (error) {
    list.replaceChildren(make("li", { textContent: error.message }));
  }
}

/** Whether a key belongs to something else: a field, a dialog, the browser. */
export function isElsewhere(event) {
  return (
    event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing ||
    Boolean(document.querySelector("dialog[open]")) ||
    Boolean(event.target.closest?.("input, textarea, select, [contenteditable]"))
  );
}
