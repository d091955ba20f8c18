// "Playlists": a dialog with one's playlists, opened from the player and from tiles; and the place in a playing list.
import { did, piece, send, withPlayer } from "./api.js";

const TELL_EVERY_SECONDS = 15;
let dialog = null;
let address = "";

function makeDialog() {
  dialog = document.createElement("dialog");
  dialog.className = "offer";
  dialog.setAttribute("aria-label", "Playlists");
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
  dialog.addEventListener("change", toggle);
  dialog.addEventListener("submit", make);
  document.body.append(dialog);
}

async function draw() {
  const html = await piece(address);
  if (html) dialog.innerHTML = html;
  return Boolean(html);
}

async function open(from) {
  if (!dialog) makeDialog();
  address = from;
  if (!(await draw())) return did("Your playlists can't be shown right now; reload the page.");
  dialog.showModal();
  dialog.querySelector("input")?.focus();
}

const videoId = () => Number(/\/videos\/(\d+)\//.exec(address)[1]);

function say(words) {
  const line = dialog.querySelector("[data-said]");
  if (line) line.textContent = words;
}

async function toggle(event) {
  const box = event.target.closest("[data-list]");
  if (!box) return;
  try {
    const said = await send(box.checked ? "POST" : "DELETE", box.dataset.list, { ids: [videoId()] });
    const words = box.checked ? `Added to “${box.dataset.name}”.` : `Taken out of “${box.dataset.name}”.`;
    say(words);
    if (said.batch) did(words, said.batch, async () => dialog.open && (await draw()));
  } catch (error) {
    box.checked = !box.checked;
    say(error.message);
  }
}

async function make(event) {
  const form = event.target.closest("[data-new-list]");
  if (!form) return;
  event.preventDefault();
  try {
    const made = await send("POST", form.dataset.newList, { name: form.elements.name.value, videos: [videoId()] });
    await draw();
    say(`Made “${made.name}” with this video.`);
    did(`Made the playlist “${made.name}”.`, made.batch, async () => dialog.open && (await draw()));
  } catch (error) {
    say(error.message);
  }
}

function reveal(root) {
  for (const button of root.querySelectorAll?.("[data-offer][hidden]") ?? []) button.hidden = false;
}

// Once for a page, though several of its parts may ask for this.
if (!document.documentElement.dataset.offers) {
  document.documentElement.dataset.offers = "yes";
  reveal(document);
  new MutationObserver((changes) => changes.forEach((one) => one.addedNodes.forEach(reveal))).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-offer]");
    if (!button) return;
    event.preventDefault();
    open(button.dataset.offer);
  });
  withPlayer((player) => {
    const button = document.querySelector(".opinion [data-offer]");
    if (button) player.addKey("p", "playlists", () => open(button.dataset.offer));
  });

  const playing = document.querySelector("#playing-list");
  const video = document.querySelector("#player video");
  if (playing && video) {
    let told = -Infinity;
    const tell = () => {
      if (!playing.isConnected) return;
      told = video.currentTime;
      const body = { video: Number(playing.dataset.video), position_seconds: video.currentTime || 0 };
      send("PUT", playing.dataset.progress, body).catch(() => {});
    };
    video.addEventListener("play", tell, { once: true });
    video.addEventListener("pause", tell);
    video.addEventListener("timeupdate", () => {
      if (!video.paused && Math.abs(video.currentTime - told) >= TELL_EVERY_SECONDS) tell();
    });
  }
}
