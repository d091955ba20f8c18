// Scrubbing: a pointer over a tile, a finger drawn across it, or the arrow keys on it show the storyboard's tiles.
// Where a preview clip was made, a pointer that rests or a finger that stays plays it instead.
// Everything listens at the document, so tiles that arrive later scrub and play too.
const DRAG_PX = 8;
let current = null;
let finger = null;
let wasDragged = false;

function begin(picture) {
  if (current?.picture === picture) return current;
  end();
  const { sprite, count, columns, width, height } = picture.dataset;
  if (!sprite) return null;
  const frame = document.createElement("span");
  const bar = document.createElement("span");
  frame.className = "frame";
  bar.className = "scrub";
  const box = picture.getBoundingClientRect();
  const fit = picture.classList.contains("fills") ? Math.max : Math.min;
  const scale = fit(box.width / width, box.height / height);
  const rows = Math.ceil(count / columns);
  const tile = { width: width * scale, height: height * scale };
  frame.style.width = `${tile.width}px`;
  frame.style.height = `${tile.height}px`;
  frame.style.left = frame.style.right = `${(box.width - tile.width) / 2}px`;
  frame.style.top = frame.style.bottom = `${(box.height - tile.height) / 2}px`;
  frame.style.backgroundSize = `${tile.width * columns}px ${tile.height * rows}px`;
  current = { picture, frame, bar, tile, count: Number(count), columns: Number(columns), index: -1 };
  const image = new Image();
  image.src = sprite;
  const mine = current;
  const ready = () => {
    if (current !== mine) return;
    frame.style.backgroundImage = `url("${image.src}")`;
    picture.querySelector("img")?.after(frame, bar);
    picture.classList.add("scrubbing");
  };
  if (image.complete) ready();
  else image.decode().then(ready, end);
  return current;
}

function show(index) {
  const { frame, bar, tile, count, columns } = current;
  current.index = Math.min(Math.max(index, 0), count - 1);
  const column = current.index % columns;
  const row = Math.floor(current.index / columns);
  frame.style.backgroundPosition = `${-column * tile.width}px ${-row * tile.height}px`;
  frame.dataset.index = current.index;
  bar.style.setProperty("--at", `${((current.index + 1) / count) * 100}%`);
}

function end() {
  if (!current) return;
  current.frame.remove();
  current.bar.remove();
  current.picture.classList.remove("scrubbing");
  current = null;
}

function showAt(picture, x) {
  if (!begin(picture)) return;
  const box = picture.getBoundingClientRect();
  show(Math.floor(((x - box.left) / box.width) * current.count));
}

// ---- preview clips ----------------------------------------------------------------------------------------------
const REST_MS = 250;
const HOLD_MS = 450;
const wantsCalm = matchMedia("(prefers-reduced-motion: reduce), (prefers-reduced-data: reduce)");
let clip = null;

const mayPlay = (picture) => Boolean(picture?.dataset.preview) && !wantsCalm.matches && !navigator.connection?.saveData;

function hold(picture, delay) {
  if (clip?.picture === picture) return;
  stop();
  end();
  clip = { picture, video: null, timer: setTimeout(play, delay) };
}

function play() {
  const mine = clip;
  const video = document.createElement("video");
  Object.assign(video, { src: mine.picture.dataset.preview, muted: true, loop: true, playsInline: true });
  video.className = "clip";
  video.setAttribute("aria-hidden", "true");
  mine.video = video;
  // Shown with its first picture, so that nothing flashes.
  video.addEventListener("playing", () => mine.picture.classList.add("playing"), { once: true });
  // One that can't be played is forgotten: the storyboard is there.
  video.addEventListener("error", () => {
    delete mine.picture.dataset.preview;
    if (clip === mine) stop();
  });
  mine.picture.querySelector("img")?.after(video);
  video.play().catch(() => {});
}

function stop() {
  if (!clip) return;
  clearTimeout(clip.timer);
  clip.picture.classList.remove("playing");
  if (clip.video) {
    clip.video.removeAttribute("src");
    clip.video.load();
    clip.video.remove();
  }
  clip = null;
}

const pictureOf = (event) => event.target.closest?.(".p[data-sprite], .p[data-preview]");

document.addEventListener("pointermove", (event) => {
  if (finger) {
    if (!wasDragged && Math.abs(event.clientX - finger.x) < DRAG_PX) return;
    wasDragged = true;
    stop();
    showAt(finger.picture, event.clientX);
    return;
  }
  if (event.pointerType === "touch") return;
  const picture = pictureOf(event);
  if (mayPlay(picture)) {
    hold(picture, REST_MS);
    return;
  }
  stop();
  if (picture) showAt(picture, event.clientX);
  else if (current && current.picture.closest("a") !== document.activeElement) end();
});
document.addEventListener("pointerleave", () => {
  stop();
  end();
});

document.addEventListener("pointerdown", (event) => {
  wasDragged = false;
  const picture = event.pointerType === "touch" && pictureOf(event);
  finger = picture ? { picture, x: event.clientX } : null;
  if (finger && mayPlay(picture)) hold(picture, HOLD_MS);
});
for (const name of ["pointerup", "pointercancel"]) {
  document.addEventListener(name, () => {
    if (finger) {
      // What a finger held long enough to see did not mean to open either.
      if (clip?.video) wasDragged = true;
      stop();
      end();
    }
    finger = null;
  });
}
// Holding a finger on a link opens the browser's menu: not while a clip plays under it.
document.addEventListener("contextmenu", (event) => {
  if (finger && clip) event.preventDefault();
});
// A finger that scrubbed did not mean to open the video.
document.addEventListener(
  "click",
  (event) => {
    if (wasDragged && event.target.closest?.(".tile")) event.preventDefault();
    wasDragged = false;
  },
  true,
);
document.addEventListener("dragstart", (event) => {
  if (pictureOf(event)) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !event.target.closest("input, select, textarea")) {
    event.preventDefault();
    document.querySelector("#q")?.focus();
    return;
  }
  const picture = event.target.matches?.(".tile > a") && event.target.querySelector(".p[data-sprite]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!picture || !step || !begin(picture)) return;
  event.preventDefault();
  stop();
  // About 24 stops whatever the number of tiles, as the bar is drawn.
  show(current.index < 0 ? 0 : current.index + step * Math.max(1, Math.round(current.count / 24)));
});
document.addEventListener("focusout", (event) => {
  if (current && event.target === current.picture.closest("a")) end();
});
