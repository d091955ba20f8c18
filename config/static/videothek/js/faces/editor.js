// Faces of one video: lanes beside the player, and what can be put right about them. Everything can be taken back.
import { clock, csrfToken, make, makePlayer } from "../player/player.js";
import { rememberChoices } from "../player/remembered.js";
import { setUpBar } from "../player/bar.js";
import { setUpKeys } from "../player/keys.js";
import { setUpLoops } from "../player/loops.js";
import { setUpMenus } from "../player/menus.js";
import { setUpSource } from "../player/source.js";
import { setUpSubtitles } from "../player/subtitles.js";
import { setUpTouch } from "../player/touch.js";
import { setUpTrouble } from "../player/trouble.js";
import { did, send, undoLast } from "../curate/api.js";
import { setUpDrawing } from "./draw.js";
import { whoField } from "./who-field.js";

const ASK_EVERY_MS = 600;
const facts = JSON.parse(document.querySelector("#editor-facts").textContent);
const timeline = document.querySelector("#timeline");
const panel = document.querySelector("#chosen");
const playerRoot = document.querySelector("#player");
let lanes = facts.lanes;
// The ids of the appearances that are chosen.
let chosen = new Set();
let player = null;

// ---- the player -------------------------------------------------------------------------------------------------------
if (playerRoot) {
  player = makePlayer(playerRoot);
  rememberChoices(player);
  setUpKeys(player);
  setUpTrouble(player);
  setUpBar(player);
  setUpLoops(player);
  setUpSubtitles(player);
  setUpMenus(player);
  setUpTouch(player);
  const wanted = Number(new URLSearchParams(location.search).get("t"));
  player.firstPlace = () => (Number.isFinite(wanted) ? wanted : 0);
  player.cameFromList = () => false;
}

const length = () => player?.length || facts.length || Math.max(1, ...all().map((one) => one.end_seconds));
const all = () => lanes.flatMap((lane) => lane.appearances);
const laneOf = (id) => lanes.find((lane) => lane.appearances.some((one) => one.id === id));
const now = () => player?.video.currentTime ?? 0;
const share = (seconds) => `${Math.min(Math.max((100 * seconds) / length(), 0), 100)}%`;
const span = (one) => `${clock(one.start_seconds)}–${clock(one.end_seconds)}`;

function long(seconds) {
  return seconds < 60 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;
}

// ---- changing ---------------------------------------------------------------------------------------------------------
/** Asks for a change, says what was done with its undo, and shows what is there now. */
async function change(method, address, body, words) {
  let answer;
  try {
    answer = await fetch(address, {
      method,
      credentials: "same-origin",
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json", ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  } catch {
    did("The library can't be reached. Nothing was changed.");
    return null;
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const field = Object.values(said).find((value) => Array.isArray(value));
    did(said.detail ?? field?.join(" ") ?? "That did not work. Reload the page.");
    return null;
  }
  await refresh();
  did(words ?? said.detail, answer.headers.get("Change-Batch"), refresh);
  return said;
}

async function refresh() {
  const said = await send("GET", `/api/v1/videos/${facts.video}/faces/`).catch(() => null);
  if (!said) return;
  lanes = said.lanes;
  const there = new Set(all().map((one) => one.id));
  chosen = new Set([...chosen].filter((id) => there.has(id)));
  draw();
}

const ids = () => [...chosen];
const one = () => (chosen.size === 1 ? all().find(({ id }) => chosen.has(id)) : null);

const does = {
  async name(whose) {
    if (chosen.size) await change("POST", "/api/v1/faces/tracks/name/", { ids: ids(), ...whose });
  },
  aside: () => chosen.size && change("POST", "/api/v1/faces/tracks/set-aside/", { ids: ids() }),
  unname: () => chosen.size && change("POST", "/api/v1/faces/tracks/unname/", { ids: ids() }),
  async drop() {
    if (!chosen.size || !facts.mayDelete) return;
    await change("POST", "/api/v1/faces/tracks/delete/", { ids: ids() });
  },
  async no() {
    const appearance = one();
    const who = appearance?.likely?.id ?? (appearance && laneOf(appearance.id).person);
    if (who) await change("POST", `/api/v1/faces/tracks/${appearance.id}/reject/`, { person: who });
  },
  yes: () => one()?.likely && does.name({ person: one().likely.id }),
  async split() {
    const appearance = one();
    if (!appearance) return;
    const part = await change("POST", `/api/v1/faces/tracks/${appearance.id}/split/`, { at_seconds: now() }, `Parted at ${clock(now())}`);
    if (part) choose([part.id]);
  },
  time(edge) {
    const appearance = one();
    if (appearance) change("PATCH", `/api/v1/faces/tracks/${appearance.id}/`, { [edge]: now() }, `${edge === "start_seconds" ? "Begins" : "Ends"} at ${clock(now())} now`);
  },
};

// ---- what is chosen ---------------------------------------------------------------------------------------------------
function choose(wanted, { adds = false, moves = false } = {}) {
  const before = [...chosen];
  chosen = adds ? new Set(before) : new Set();
  for (const id of wanted) {
    if (adds && before.includes(id)) chosen.delete(id);
    else chosen.add(id);
  }
  draw();
  const first = all().find(({ id }) => id === wanted[0]);
  if (moves && first && player) player.place(first.start_seconds);
}

function button(words, action, { key = "", is = "", hint = "" } = {}) {
  return make("button", { class: `btn ${is}`, type: "button", onclick: action, title: hint || false }, words, key ? make("kbd", {}, key) : null);
}

function drawPanel() {
  const picked = all().filter(({ id }) => chosen.has(id));
  panel.hidden = !picked.length;
  panel.replaceChildren();
  if (!picked.length) return;
  const first = picked[0];
  const names = [...new Set(picked.map(({ id }) => laneOf(id).name))];
  const many = picked.length > 1;
  const words = many ? `${picked.length} appearances` : span(first);
  const lane = laneOf(first.id);
  const why = many ? "" : first.status === "matched" ? `recognised, ${Math.round(100 * first.likeness)} % like ${lane.name}` : first.status === "manual" ? "named by hand" : "";
  const head = make(
    "div",
    { class: "picked" },
    make("span", { class: "round" }, make("img", { src: first.crop, alt: "" })),
    make(
      "div",
      {},
      make("h2", {}, lane.person && !many ? make("a", { href: lane.address }, lane.name) : names.slice(0, 3).join(", ")),
      make("p", { class: "muted" }, [words, why].filter(Boolean).join(" · ")),
      many ? null : make("a", { class: "link", href: `/faces/tracks/${first.id}/similar/` }, "Faces like this one"),
    ),
  );
  panel.append(head);
  if (!facts.mayChange) return;
  if (!many && first.likely) {
    panel.append(
      make(
        "div",
        { class: "likely-row", role: "group", "aria-label": "Who it may be" },
        make("span", {}, "Is it ", make("b", {}, first.likely.name), `? ${Math.round(100 * first.likely.likeness)} % like them`),
        button("Yes", does.yes, { key: "Y", is: "primary" }),
        button("No", does.no, { key: "N" }),
      ),
    );
  }
  const field = whoField({
    label: many ? "Name all of them" : lane.person ? "It is somebody else" : "Who is it?",
    mayMake: facts.mayMake,
    chosen: (whose) => does.name(whose),
  });
  panel.append(field.root);
  drawPanel.field = field;
  const isNamed = picked.some(({ status }) => status === "matched" || status === "manual");
  const isAside = picked.every(({ status }) => status === "rejected");
  const parts = [];
  if (!many && player) {
    parts.push(button("Begins here", () => does.time("start_seconds"), { key: "[", hint: "At the play head" }));
    parts.push(button("Ends here", () => does.time("end_seconds"), { key: "]", hint: "At the play head" }));
    parts.push(button("Part here", does.split, { key: "S", hint: "Two appearances from the play head on" }));
  }
  if (!many && lane.person) parts.push(button(`Not ${lane.name}`, does.no, { key: "N" }));
  if (isNamed || isAside) parts.push(button(isAside ? "Take it back in" : "Take the name off", does.unname, { key: "R" }));
  if (!isAside) parts.push(button("Set aside", does.aside, { key: "X", hint: "Nobody to name: neither proposed nor grouped any more" }));
  if (facts.mayDelete) parts.push(button("Delete", does.drop, { key: "Del" }));
  panel.append(make("div", { class: "acts" }, ...parts));
}

// ---- the lanes ----------------------------------------------------------------------------------------------------------
const TINTS = 4;

function drawLane(lane, number) {
  const best = lane.appearances.reduce((a, b) => (b.end_seconds - b.start_seconds > a.end_seconds - a.start_seconds ? b : a));
  const likely = lane.kind === "single" && best.likely ? `maybe ${best.likely.name}` : "";
  const count = lane.appearances.length;
  const head = make(
    "button",
    {
      type: "button", class: "lane-head", "data-lane": number,
      "aria-pressed": String(lane.appearances.every(({ id }) => chosen.has(id))),
      onclick: (event) => choose(lane.appearances.map(({ id }) => id), { adds: event.ctrlKey || event.metaKey || event.shiftKey }),
    },
    make("span", { class: "round small" }, make("img", { src: best.crop, alt: "", loading: "lazy" })),
    make("span", { class: "who" }, make("b", {}, lane.name), make("small", {}, likely || `${long(lane.seconds)}${count > 1 ? ` · ${count} times` : ""}`)),
  );
  const bar = make("div", { class: "lane-bar", onclick: (event) => {
    if (event.target !== bar || !player) return;
    const box = bar.getBoundingClientRect();
    player.seek(((event.clientX - box.left) / box.width) * length());
  } });
  for (const appearance of lane.appearances) {
    const piece = make(
      "button",
      {
        type: "button", class: `piece ${appearance.status}`, "data-piece": appearance.id,
        "aria-pressed": String(chosen.has(appearance.id)),
        "aria-label": `${lane.name}, ${span(appearance)}`, title: `${lane.name} ${span(appearance)}`,
        onclick: (event) => choose([appearance.id], { adds: event.ctrlKey || event.metaKey || event.shiftKey, moves: true }),
      },
      make("img", { src: appearance.crop, alt: "", loading: "lazy" }),
    );
    piece.style.left = share(appearance.start_seconds);
    piece.style.width = share(appearance.end_seconds - appearance.start_seconds);
    bar.append(piece);
  }
  const row = make("div", { class: `lane-row ${lane.kind}` }, head, bar);
  if (lane.kind === "person") row.style.setProperty("--lane", `var(--lane-${(number % TINTS) + 1})`);
  return row;
}

function draw() {
  const active = document.activeElement?.closest?.("[data-piece], [data-lane]");
  const [kind, value] = active ? Object.entries(active.dataset)[0] : [];
  const head = make("i", { class: "play-head", "aria-hidden": "true" });
  timeline.replaceChildren(...lanes.map(drawLane), head);
  timeline.hidden = !lanes.length;
  document.querySelector("#nobody").hidden = !!lanes.length;
  document.querySelector("#lanes-cut").hidden = facts.is_complete;
  const people = lanes.filter((lane) => lane.kind === "person").length;
  const unnamed = all().filter(({ status }) => status === "pending").length;
  document.querySelector("#lanes-count").textContent = [
    `${people} ${people === 1 ? "person" : "people"}`,
    unnamed ? `${unnamed} not named` : "everybody is named",
  ].join(", ");
  if (!lanes.length) document.querySelector("#lanes-count").textContent = "";
  drawPanel();
  drawHead();
  if (kind) timeline.querySelector(`[data-${kind}="${value}"]`)?.focus({ preventScroll: true });
  player?.setPeople(
    lanes
      .filter((lane) => lane.kind === "person")
      .map((lane) => ({ name: lane.name, spans: lane.appearances.map((at) => [at.start_seconds, at.end_seconds]) })),
  );
}

function drawHead() {
  timeline.style.setProperty("--at", now() / length());
}

// ---- drawing a face that was missed -----------------------------------------------------------------------------------
const opener = document.querySelector("#draw-open");
const help = document.querySelector("#draw-help");

async function follow(box, name) {
  for (let row = box; ; ) {
    if (row.state === "failed") return did(row.error);
    if (row.state === "done") {
      await refresh();
      if (row.track) choose([row.track]);
      const words = [name ? `Drew the face of ${name}.` : "Drew a face.", row.is_found ? "" : "No face was seen there, so it is taken as drawn."];
      return did(words.filter(Boolean).join(" "), row.batch, refresh);
    }
    did(`Looking at the drawn face … ${row.percent} %`);
    await new Promise((done) => setTimeout(done, ASK_EVERY_MS));
    try {
      row = await send("GET", `/api/v1/faces/boxes/${row.id}/`);
    } catch (error) {
      return did(error.message);
    }
  }
}

function askWhose(box, at) {
  const close = () => panel.querySelector(".whose-box")?.remove();
  const add = async (whose, name) => {
    close();
    drawPanel();
    try {
      const body = { video: facts.video, time_seconds: at, ...box, ...whose };
      await follow(await send("POST", "/api/v1/faces/boxes/", body), name);
    } catch (error) {
      did(error.message);
    }
  };
  const field = whoField({ label: `Who is in the box at ${clock(at)}?`, mayMake: facts.mayMake, chosen: add });
  panel.hidden = false;
  panel.replaceChildren(
    make("div", { class: "whose-box" }, field.root, make("div", { class: "acts" }, button("Name it later", () => add({}, "")), button("Let it be", drawPanel))),
  );
  field.focus();
  panel.scrollIntoView({ block: "nearest" });
}

if (player && opener) {
  const drawing = setUpDrawing(player, {
    drawn: (box) => askWhose(box, now()),
    closed: () => {
      help.hidden = true;
      opener.setAttribute("aria-pressed", "false");
      opener.focus({ preventScroll: true });
    },
  });
  const toggle = () => {
    if (drawing.isOpen) return drawing.close();
    drawing.open();
    help.hidden = false;
    opener.setAttribute("aria-pressed", "true");
  };
  opener.hidden = false;
  opener.addEventListener("click", toggle);
  player.addKey("d", "draw a missed face", toggle);
}

// ---- keys ----------------------------------------------------------------------------------------------------------------
function step(by) {
  const pieces = all().sort((a, b) => a.start_seconds - b.start_seconds);
  if (!pieces.length) return;
  const at = pieces.findIndex(({ id }) => chosen.has(id));
  const next = pieces[at < 0 ? (by > 0 ? 0 : pieces.length - 1) : (at + by + pieces.length) % pieces.length];
  choose([next.id], { moves: true });
  timeline.querySelector(`[data-piece="${next.id}"]`)?.scrollIntoView({ block: "nearest" });
}

if (player) {
  player.addKey("e", "the appearance before, after", () => step(-1), ["E", "G"]);
  player.addKey("g", "", () => step(1));
  if (facts.mayChange) {
    player.addKey("w", "who is it: the name", () => drawPanel.field?.focus());
    player.addKey("y", "yes, it is them", () => does.yes());
    player.addKey("n", "no, it is not them", () => does.no());
    player.addKey("r", "take the name off", () => does.unname());
    player.addKey("x", "set aside", () => does.aside());
    player.addKey("s", "part at the play head", () => does.split());
    player.addKey("[", "begins, ends at the play head", () => does.time("start_seconds"), ["[", "]"]);
    player.addKey("]", "", () => does.time("end_seconds"));
    player.addKey("Delete", "delete", () => does.drop(), ["Del"]);
    player.addKey("u", "take the last change back", undoLast);
  }
  player.addKey("Escape", "", () => choose([]));
  player.video.addEventListener("timeupdate", drawHead);
  player.video.addEventListener("durationchange", draw);
  player.announce();
  setUpSource(player);
}

draw();
