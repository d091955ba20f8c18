// Drawing a box around a face on the picture that stands still.
import { make } from "../player/player.js";

const STEP = 0.01;

/** `drawn` gets {left, top, width, height} as fractions of the picture. Gives `open()`, `close()` and `isOpen`. */
export function setUpDrawing(player, { drawn, closed }) {
  const { root, video } = player;
  const frame = make("div", { class: "frame", "aria-hidden": "true" });
  const sheet = make("div", {
    class: "draw-sheet", tabindex: "0", role: "application", hidden: true,
    "aria-label": "Draw a box around the face: arrow keys move it, Shift and arrows change its size, Enter keeps it",
  }, frame);
  root.append(sheet);
  let box = null;
  let from = null;

  /** Where the picture itself lies in the player. */
  function picture() {
    const [width, height] = [root.clientWidth, root.clientHeight];
    const ratio = video.videoWidth && video.videoHeight ? video.videoWidth / video.videoHeight : width / height;
    const [w, h] = width / height > ratio ? [height * ratio, height] : [width, width / ratio];
    return { left: (width - w) / 2, top: (height - h) / 2, width: w, height: h };
  }

  function show() {
    const area = picture();
    Object.assign(frame.style, {
      left: `${area.left + box.left * area.width}px`,
      top: `${area.top + box.top * area.height}px`,
      width: `${box.width * area.width}px`,
      height: `${box.height * area.height}px`,
    });
  }

  function limit({ left, top, width, height }) {
    const [w, h] = [Math.min(Math.max(width, 0.02), 1), Math.min(Math.max(height, 0.02), 1)];
    return { width: w, height: h, left: Math.min(Math.max(left, 0), 1 - w), top: Math.min(Math.max(top, 0), 1 - h) };
  }

  function place(event) {
    const bounds = root.getBoundingClientRect();
    const area = picture();
    const clamp = (value) => Math.min(Math.max(value, 0), 1);
    return [
      clamp((event.clientX - bounds.left - area.left) / area.width),
      clamp((event.clientY - bounds.top - area.top) / area.height),
    ];
  }

  function open() {
    video.pause();
    const area = picture();
    const height = 0.36;
    box = { left: 0.5 - (height * 0.8 * area.height) / area.width / 2, top: 0.3, width: (height * 0.8 * area.height) / area.width, height };
    sheet.hidden = false;
    root.classList.add("drawing");
    show();
    sheet.focus();
    root.scrollIntoView({ block: "nearest" });
  }

  function close() {
    if (sheet.hidden) return;
    sheet.hidden = true;
    root.classList.remove("drawing");
    from = null;
    closed();
  }

  function keep() {
    const done = { ...box };
    close();
    drawn(done);
  }

  sheet.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    event.preventDefault();
    event.stopPropagation();
    sheet.focus();
    sheet.setPointerCapture(event.pointerId);
    from = place(event);
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!from) return;
    event.stopPropagation();
    const [x, y] = place(event);
    box = { left: Math.min(from[0], x), top: Math.min(from[1], y), width: Math.abs(x - from[0]), height: Math.abs(y - from[1]) };
    show();
  });
  sheet.addEventListener("pointerup", (event) => {
    if (!from) return;
    event.stopPropagation();
    from = null;
    // A press without a stroke draws nothing.
    if (box.width < 0.01 || box.height < 0.01) open();
    else keep();
  });
  sheet.addEventListener("click", (event) => event.stopPropagation());
  sheet.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (by) {
      const [x, y] = by;
      box = limit(event.shiftKey ? { ...box, width: box.width + x, height: box.height + y } : { ...box, left: box.left + x, top: box.top + y });
      show();
    } else if (event.key === "Enter") keep();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  window.addEventListener("resize", () => {
    if (!sheet.hidden) show();
  });
  return { open, close, get isOpen() { return !sheet.hidden; } };
}
