// Two at a time: the same person, or not.
import { Desk, Pages, counted, listen, say, send } from "./desk.js";

const root = document.querySelector("[data-pairs]");
const box = root.querySelector("[data-pair]");
const loading = root.querySelector("[data-loading]");
const empty = root.querySelector("[data-empty]");
const mayGroup = "mayGroup" in root.dataset;
const AHEAD = 4;

const pages = new Pages(root.dataset.address);
const desk = new Desk();
// Those to be asked, the present one first; whoever is named or joined is asked about no more.
let queue = [];
const settled = new Set();
let isLoading = false;

function side(place, title, detail, faces, address) {
  const section = root.querySelector(`[data-side=${place}]`);
  const head = document.createElement("h2");
  const link = document.createElement("a");
  Object.assign(link, { textContent: title, href: address, className: "v-link" });
  head.append(link);
  const more = Object.assign(document.createElement("p"), { className: "v-muted", textContent: detail });
  const six = Object.assign(document.createElement("div"), { className: "f-six" });
  for (const face of faces) {
    const image = document.createElement("img");
    Object.assign(image, { className: "f-round", src: face.crop, alt: "", width: 120, height: 120 });
    six.append(image);
  }
  section.replaceChildren(head, more, six);
}

const reach = (one) => `${counted(one.video_count, "video")} · ${counted(one.track_count, "appearance")}`;
const nameOf = (pair) => (pair.person ?? pair.other).name;

function show() {
  queue = queue.filter((pair) => !settled.has(pair.cluster.id) && !(pair.other && settled.has(pair.other.id)));
  const [pair] = queue;
  box.hidden = !pair;
  const isOver = !pair && pages.isOver && !isLoading;
  empty.hidden = !isOver;
  root.querySelector("[data-keys]")?.toggleAttribute("hidden", isOver);
  if (pair) {
    const { cluster, other, person, known } = pair;
    root.querySelector("[data-question]").textContent =
      `Is ${cluster.name} ${person ? person.name : `the same person as ${other.name}`}? Likeness ${pair.likeness.toFixed(2)}`;
    side("one", cluster.name, reach(cluster), cluster.faces, `${root.dataset.clusters}${cluster.id}/`);
    if (person) side("other", person.name, "Known", known, person.page);
    else side("other", other.name, reach(other), other.faces, `${root.dataset.clusters}${other.id}/`);
    // Faces of the next one are there when it is asked about.
    for (const face of [...(queue[1]?.cluster.faces ?? []), ...(queue[1]?.known ?? queue[1]?.other?.faces ?? [])]) {
      new Image().src = face.crop;
    }
  }
  if (queue.length < AHEAD && !pages.isOver && !pages.hasFailed) load();
}

async function load() {
  if (isLoading) return;
  isLoading = true;
  loading.hidden = queue.length > 0;
  try {
    const page = await pages.next();
    queue.push(...(page?.results ?? []));
  } catch (error) {
    say(error.message, { isBad: true });
  }
  isLoading = false;
  loading.hidden = true;
  show();
}

function answer(kind) {
  const [pair] = queue;
  if (!pair || !mayGroup) return;
  const before = [...queue];
  queue.shift();
  const { cluster, other, person } = pair;
  const gone = kind === "yes" ? [cluster.id, other?.id].filter(Boolean) : [];
  gone.forEach((id) => settled.add(id));
  const back = () => {
    gone.forEach((id) => settled.delete(id));
    const loaded = queue.filter((one) => !before.includes(one));
    queue = [...before, ...loaded];
    show();
  };
  const isWord = { yes: "are the same person", no: "are different people" };
  const names = `${cluster.name} and ${nameOf(pair)}`;
  if (kind === "skip") desk.act({ words: `Skipped: ${names}`, back });
  else {
    const body = { cluster: cluster.id, answer: kind, ...(person ? { person: person.id } : { other: other.id }) };
    desk.act({ words: `${names} ${isWord[kind]}`, request: () => send("POST", root.dataset.answers, body), back });
  }
  show();
}

root.addEventListener("click", (event) => {
  const what = event.target.closest("[data-do]")?.dataset.do;
  if (what) answer(what);
});
listen({
  y: () => answer("yes"),
  n: () => answer("no"),
  s: () => answer("skip"),
  u: () => void desk.undo(),
});

load();
