// The marks beside the player: making, changing, playing, cutting out.
import { clock, did, piece, seconds, send, withPlayer } from "./api.js";
import { makePick } from "./pick.js";

const ASK_EVERY_MS = 1500;
const PICTURES_AFTER_MS = [1500, 4000, 9000];
const section = document.querySelector("#my-marks");
const { api, marksApi, list: listAddress, labels, names } = section.dataset;
const list = section.querySelector("[data-marks-list]");
const form = section.querySelector("[data-mark-form]");
const opener = section.querySelector("[data-mark-now]");
const wrong = form.querySelector("[data-wrong]");
const field = (name) => form.elements.namedItem(name);
const pick = makePick(form.querySelector("[data-pick]"), names);
const video = () => document.querySelector("#player video");
let player = null;
let edited = null;

// ---- the list -----------------------------------------------------------------------------------------------------
function tellPlayer() {
  player?.setMarkers(JSON.parse(list.querySelector("#marks-facts").textContent));
}

async function refresh() {
  const html = await piece(listAddress);
  if (!html) return;
  const isOpen = list.querySelector("details.menu[open]");
  if (isOpen) return;
  list.innerHTML = html;
  tellPlayer();
}

function waitForPictures() {
  for (const delay of PICTURES_AFTER_MS) setTimeout(refresh, delay);
}

// ---- the form -------------------------------------------------------------------------------------------------------
async function suggest() {
  const known = await send("GET", labels).catch(() => []);
  form.querySelector("datalist").replaceChildren(...known.map(({ label }) => new Option(label, label)));
}

function open(mark = null) {
  edited = mark;
  wrong.hidden = true;
  pick.clear();
  form.reset();
  field("start").value = clock(mark ? Number(mark.dataset.start) : (video()?.currentTime ?? 0));
  field("end").value = mark?.dataset.end ? clock(Number(mark.dataset.end)) : "";
  field("label").value = mark?.dataset.label ?? "";
  field("description").value = mark?.dataset.description ?? "";
  field("color").value = (mark?.dataset.color ?? "#ffffff").toLowerCase();
  const brought = [];
  for (const tag of mark?.querySelectorAll("[data-tag]") ?? []) {
    if ("fromLabel" in tag.dataset) brought.push(tag.textContent);
    else pick.add(tag.dataset.tag, tag.textContent);
  }
  const note = form.querySelector("[data-from-label]");
  note.hidden = !brought.length;
  note.textContent = `The label brings ${brought.join(", ")}.`;
  form.querySelector("[type=submit]").textContent = mark ? "Keep the changes" : "Keep the mark";
  form.hidden = false;
  suggest();
  field("label").focus();
  form.scrollIntoView({ block: "nearest" });
}

function close() {
  form.hidden = true;
  edited = null;
  opener?.focus();
}

// The times as they are, unless they were typed anew: what is shown is rounded to a tenth.
function time(name) {
  const written = field(name).value;
  const known = edited?.dataset[name];
  if (known && written === clock(Number(known))) return Number(known);
  return seconds(written);
}

async function keep(event) {
  event.preventDefault();
  const [start, end] = [time("start"), time("end")];
  try {
    if (start === null || Number.isNaN(start) || Number.isNaN(end)) throw new Error("Write times like 1:23 or 1:02:03.5.");
    const body = {
      start_seconds: start,
      end_seconds: end,
      label: field("label").value,
      description: field("description").value,
      color: field("color").value,
      tags: pick.ids(),
    };
    const isNew = !edited;
    const mark = isNew ? await send("POST", api, body) : await send("PATCH", `${marksApi}${edited.dataset.mark}/`, body);
    close();
    if (mark.batch) did(isNew ? `Marked at ${clock(mark.start_seconds)}.` : "The mark was changed.", mark.batch, refresh);
    await refresh();
    waitForPictures();
  } catch (error) {
    wrong.textContent = error.message;
    wrong.hidden = false;
  }
}

form.addEventListener("submit", keep);
form.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
form.querySelector("[data-cancel]").addEventListener("click", close);
form.querySelector("[data-end-now]").addEventListener("click", () => {
  field("end").value = clock(video()?.currentTime ?? 0);
});
if (opener) {
  opener.hidden = false;
  opener.addEventListener("click", () => open());
}

// ---- one mark -------------------------------------------------------------------------------------------------------
function play(mark) {
  const [start, end] = [Number(mark.dataset.start), Number(mark.dataset.end)];
  const element = video();
  if (!element) return false;
  if (player && end) player.playRange(start, end);
  else if (player) player.seek(start);
  else element.currentTime = start;
  if (!player) element.play().catch(() => {});
  document.querySelector("#player").scrollIntoView({ block: "nearest" });
  return true;
}

async function remove(mark) {
  try {
    const said = await send("DELETE", `${marksApi}${mark.dataset.mark}/`);
    did("The mark was deleted.", said.batch, async () => {
      await refresh();
      waitForPictures();
    });
    await refresh();
  } catch (error) {
    did(error.message);
  }
}

const SIZE = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

async function cut(mark) {
  const id = mark.dataset.mark;
  // The list may be drawn anew meanwhile.
  const line = () => list.querySelector(`[data-mark="${id}"] [data-cut]`);
  const say = (words) => {
    if (!line()) return;
    line().hidden = false;
    line().textContent = words;
  };
  try {
    let state = await send("POST", `${marksApi}${id}/clip/`);
    while (state.state === "waiting" || state.state === "running") {
      say(state.state === "waiting" ? "Waits for its turn to be cut out…" : `Cutting it out: ${state.percent} %`);
      await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
      state = await send("GET", `${marksApi}${id}/clip/`);
    }
    if (state.state === "failed") return say(`It could not be cut out: ${state.error}`);
    say("");
    const link = Object.assign(document.createElement("a"), { href: state.url, textContent: "Download the clip", className: "link", download: "" });
    const about = document.createElement("span");
    about.className = "muted";
    about.textContent = ` ${clock(state.from_seconds)} – ${clock(state.to_seconds)} · ${SIZE.format(state.size_bytes / 1e6)} MB: from one keyframe to another, as the file has them`;
    line()?.append(link, about);
  } catch (error) {
    say(error.message);
  }
}

list.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-mark]");
  if (!mark) return;
  const on = (selector) => event.target.closest(selector);
  const menu = on("details.menu");
  if (on("[data-mark-jump]") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    if (play(mark)) event.preventDefault();
    return;
  }
  const action = [["[data-mark-play]", play], ["[data-mark-edit]", open], ["[data-mark-delete]", remove], ["[data-mark-cut]", cut]].find(([selector]) => on(selector))?.[1];
  if (!action) return;
  if (menu) menu.open = false;
  action(mark);
});

// A mark's clip moves while it is looked at.
for (const kind of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
  list.addEventListener(kind, (event) => {
    const clip = event.target.closest?.(".mark")?.querySelector("video[data-plays]");
    if (!clip) return;
    if (kind === "pointerenter" || kind === "focusin") clip.play().catch(() => {});
    else clip.pause();
  }, true);
}

withPlayer((ready) => {
  player = ready;
  player.addKey("x", "mark this moment", () => open());
  tellPlayer();
});
