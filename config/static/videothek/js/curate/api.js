// Talking to /api/v1/ from the pages, and the line at the bottom that says what was done and takes it back.
const LINE_SECONDS = 8;

function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

/** The answer as JSON. Throws an Error whose message is a sentence for whoever looks. */
export async function send(method, address, body) {
  let answer;
  try {
    answer = await fetch(address, {
      method,
      credentials: "same-origin",
      headers: { "X-CSRFToken": token(), Accept: "application/json", ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Error("The library can't be reached. Nothing was changed.");
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const field = Object.entries(said).find(([, value]) => Array.isArray(value));
  throw new Error(said.detail ?? (field ? `${field[0]}: ${field[1].join(" ")}` : "That did not work. Reload the page."));
}

/** A piece of a page as HTML; empty when it can't be had. */
export async function piece(address) {
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  return answer?.ok && !answer.redirected ? answer.text() : "";
}

let line = null;
let timer = 0;
let last = null;

function lineElement() {
  if (line?.isConnected) return line;
  line = document.createElement("div");
  line.className = "did";
  line.setAttribute("role", "status");
  line.hidden = true;
  line.innerHTML = '<span></span><button class="btn" type="button"></button>';
  document.body.append(line);
  return line;
}

function hideLater() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (line.contains(document.activeElement) || line.matches(":hover")) hideLater();
    else line.hidden = true;
  }, LINE_SECONDS * 1000);
}

/** Says what was done; with the change's id there is a button (and the key U on the watch page) that takes it back. */
export function did(words, batch = null, after = () => {}, label = "Undo") {
  const element = lineElement();
  const [text, button] = element.children;
  text.textContent = words;
  last = batch ? () => undo(batch, after, label) : null;
  button.hidden = !batch;
  button.textContent = label;
  button.onclick = () => last?.();
  element.hidden = false;
  hideLater();
}

async function undo(batch, after, label) {
  last = null;
  try {
    const said = await send("POST", `/api/v1/changes/${batch}/undo/`);
    did(said.detail, said.batch, after, label === "Undo" ? "Do it again" : "Undo");
  } catch (error) {
    did(error.message);
  }
  await after();
}

export function undoLast() {
  if (last) last();
  else did("There is nothing to take back on this page.");
}

/** Calls back with the player, once there is one. */
export function withPlayer(ready) {
  const player = document.querySelector("#player")?.player;
  if (player) ready(player);
  else document.addEventListener("videothek:player", () => ready(document.querySelector("#player").player), { once: true });
}

export function clock(seconds) {
  const tenths = Math.round(seconds * 10) / 10;
  const whole = Math.floor(tenths);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  const part = tenths % 1 ? (tenths % 1).toFixed(1).slice(1) : "";
  return (h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`) + part;
}

/** Seconds of 1:23, 1:02:03.5, 83; null for nothing, NaN for what is no time. */
export function seconds(text) {
  const parts = text.trim().replace(",", ".").split(":");
  if (parts.length === 1 && !parts[0]) return null;
  if (parts.length > 3 || !parts.every((part) => /^\d+(\.\d+)?$/.test(part))) return NaN;
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}
