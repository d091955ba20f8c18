// A shared page: keys, the next of a playlist, and words where the browser can't play it.
const facts = JSON.parse(document.querySelector("#shared-facts").textContent);
const player = document.querySelector("#player");
const video = player.querySelector("video");
const controller = player.querySelector("media-controller");
const PLAYS_ON = "videothek-shared-plays-on";

// The browser's own controls stay where media-chrome could not load.
customElements.whenDefined("media-controller").then(() => video.removeAttribute("controls"));

async function cannot() {
  const box = document.querySelector("#cannot");
  const [title, words] = [box.querySelector("h2"), box.querySelector("p")];
  const answer = await fetch(facts.stream, { headers: { Range: "bytes=0-0" } }).catch(() => null);
  if (!answer) {
    title.textContent = "The library can't be reached";
    words.textContent = "Check the network, then reload this page.";
  } else if (answer.status === 429) {
    title.textContent = "Too many are watching right now";
    words.textContent = "Reload this page in a minute.";
  } else if (answer.status === 410 || answer.status === 404 || answer.status === 401) {
    title.textContent = "This link is over";
    words.textContent = await answer.text();
  } else {
    title.textContent = "This browser can't show the video";
    words.textContent = "Try this page in another browser, or tell whoever sent you the link.";
  }
  controller.setAttribute("inert", "");
  box.hidden = false;
}

if (video.error) cannot();
video.addEventListener("error", cannot);
video.addEventListener("loadedmetadata", () => {
  if (!video.videoWidth && document.querySelector(".line")) document.querySelector("#how").textContent = "Sound only";
});

// ---- the next one of a playlist ------------------------------------------------------------------------------------
function remember(wish) {
  try {
    if (wish) sessionStorage.setItem(PLAYS_ON, "1");
    else sessionStorage.removeItem(PLAYS_ON);
  } catch {
    // Without storage the next one waits for a press of play.
  }
}

video.addEventListener("ended", () => {
  if (!facts.next) return;
  remember(true);
  location.assign(facts.next);
});

try {
  if (sessionStorage.getItem(PLAYS_ON)) {
    remember(false);
    video.play().catch(() => {});
  }
} catch {
  // Likewise.
}

// ---- keys ----------------------------------------------------------------------------------------------------------
function toggle() {
  if (video.paused) video.play().catch(() => {});
  else video.pause();
}

function seek(by) {
  const end = Number.isFinite(video.duration) ? video.duration : facts.duration || 0;
  video.currentTime = Math.min(Math.max(video.currentTime + by, 0), end);
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (controller.requestFullscreen) controller.requestFullscreen().catch(() => {});
  else video.webkitEnterFullscreen?.();
}

const KEYS = {
  " ": toggle,
  k: toggle,
  j: () => seek(-10),
  l: () => seek(10),
  ArrowLeft: () => seek(-5),
  ArrowRight: () => seek(5),
  m: () => {
    video.muted = !video.muted;
  },
  f: fullScreen,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const has = (selector) => event.composedPath().some((element) => element.matches?.(selector));
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === " " && has("button, a, media-chrome-button, media-play-button")) return;
  if (key.startsWith("Arrow") && has("input[type=range], [role=slider]")) return;
  if (!KEYS[key]) return;
  event.preventDefault();
  KEYS[key]();
});
