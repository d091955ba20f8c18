// Pointers on the picture. Mouse: a click plays, a double click fills the screen. Finger: a tap shows the controls, a
// double tap at a side goes ten seconds, a stroke along the picture seeks.
import { clock, make } from "./player.js";

const DOUBLE_MS = 300;
const STROKE_PX = 18;
const JUMP_SECONDS = 10;

export function setUpTouch(player) {
  const { root, controller, video } = player;
  const finger = root.querySelector(".finger");
  const [shot, words] = finger.children;
  let press = null;
  let tap = null;
  let clickTimer = 0;

  const isFree = (event) => event.composedPath()[0] === video || event.target === video;

  // ---- the storyboard's picture of a time ---------------------------------------------------------------------------
  function showShot(seconds) {
    const track = [...video.textTracks].find((one) => one.label === "thumbnails");
    const cue = [...(track?.cues ?? [])].find((one) => one.startTime <= seconds && seconds < one.endTime);
    const [, address, x, y, w, h] = cue?.text.trim().match(/^(.*)#xywh=(\d+),(\d+),(\d+),(\d+)$/) ?? [];
    shot.hidden = !address;
    if (!address) return;
    const sheet = new URL(address, root.querySelector("track[label=thumbnails]").src);
    Object.assign(shot.style, {
      width: `${w}px`,
      height: `${h}px`,
      backgroundImage: `url("${sheet.href}")`,
      backgroundPosition: `-${x}px -${y}px`,
    });
  }

  // ---- a finger -----------------------------------------------------------------------------------------------------
  const isShown = () => !controller.hasAttribute("userinactive");

  function toggleControls() {
    if (isShown() && !video.paused) controller.setAttribute("userinactive", "");
    // media-chrome shows them for a while when a pointer moves.
    else controller.dispatchEvent(new PointerEvent("pointermove", { pointerType: "mouse" }));
  }

  function ripple(side) {
    const wave = make("span", { class: `ripple ${side}` }, make("b", {}, side === "left" ? "−10 s" : "+10 s"));
    root.append(wave);
    setTimeout(() => wave.remove(), 600);
  }

  function tapped(x, wasShown) {
    const box = root.getBoundingClientRect();
    const part = (x - box.left) / box.width;
    const side = part < 0.35 ? "left" : part > 0.65 ? "right" : "middle";
    const now = Date.now();
    if (tap && now - tap.at < DOUBLE_MS && tap.side === side && side !== "middle") {
      clearTimeout(clickTimer);
      player.isUsed = true;
      player.place(Math.min(Math.max(video.currentTime + (side === "left" ? -JUMP_SECONDS : JUMP_SECONDS), 0), player.length));
      ripple(side);
      // A third tap goes on.
      tap = { at: now, side };
      return;
    }
    tap = { at: now, side };
    clearTimeout(clickTimer);
    clickTimer = setTimeout(
      () => {
        if (wasShown === isShown()) toggleControls();
      },
      side === "middle" ? 0 : DOUBLE_MS,
    );
  }

  // media-chrome shows the controls on every touch by itself; a tap decides here.
  player.listen(
    root,
    "pointerup",
    (event) => {
      if (event.pointerType === "touch" && isFree(event)) event.stopPropagation();
    },
    true,
  );
  player.listen(
    root,
    "pointerdown",
    (event) => {
      if (event.pointerType !== "touch" || !isFree(event) || !event.isPrimary) {
        if (press) endStroke(false);
        press = null;
        return;
      }
      press = { id: event.pointerId, x: event.clientX, y: event.clientY, from: video.currentTime, to: null, wasShown: isShown() };
    },
    true,
  );
  player.listen(root, "pointermove", (event) => {
    if (!press || event.pointerId !== press.id) return;
    const [dx, dy] = [event.clientX - press.x, event.clientY - press.y];
    if (press.to === null && (Math.abs(dx) < STROKE_PX || Math.abs(dy) > Math.abs(dx))) return;
    // The width of the picture is a minute and a half, or the whole of a shorter video.
    const reach = Math.min(player.length || 90, 90);
    press.to = Math.min(Math.max(press.from + (dx / root.clientWidth) * reach, 0), player.length);
    const by = Math.round(press.to - press.from);
    words.textContent = `${clock(press.to)}  ${by < 0 ? "−" : "+"}${Math.abs(by)} s`;
    finger.hidden = false;
    showShot(press.to);
  });

  function endStroke(isWanted) {
    finger.hidden = true;
    if (isWanted && press?.to !== null) {
      player.isUsed = true;
      player.place(press.to);
    }
  }

  player.listen(
    window,
    "pointerup",
    (event) => {
      if (!press || event.pointerId !== press.id) return;
      if (press.to === null) tapped(event.clientX, press.wasShown);
      else endStroke(true);
      press = null;
    },
    true,
  );
  player.listen(window, "pointercancel", () => {
    endStroke(false);
    press = null;
  });

  // ---- a mouse ------------------------------------------------------------------------------------------------------
  let lastType = "mouse";
  player.listen(root, "pointerdown", (event) => {
    lastType = event.pointerType;
  });
  player.listen(video, "click", (event) => {
    if (lastType === "touch" || event.detail > 1) return;
    player.toggle();
  });
  player.listen(video, "dblclick", () => {
    if (lastType === "touch") return;
    // The two clicks played and paused, or the other way round.
    player.toggle();
    player.fullScreen();
  });
}
