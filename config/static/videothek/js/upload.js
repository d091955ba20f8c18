// The upload page: sends files in pieces by the tus protocol, goes on after whatever came between.
import { oshash, sha256 } from "./upload/hashes.js";
import { Row } from "./upload/row.js";
import { Sender } from "./upload/sender.js";

const facts = JSON.parse(document.querySelector("#upload-facts").textContent);
const csrf = document.querySelector("#drop [name=csrfmiddlewaretoken]").value;
const list = document.querySelector("#uploads");
const rows = [];
// More at once would only share the same line.
const AT_ONCE = 2;

// ---- talking to the server ------------------------------------------------------------------------------------------
const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

async function ask(method, address, headers = {}) {
  const answer = await fetch(address, {
    method,
    headers: { Accept: "application/json", "X-CSRFToken": csrf, "Tus-Resumable": "1.0.0", ...headers },
    credentials: "same-origin",
  });
  const body = answer.headers.get("Content-Type")?.includes("json") ? await answer.json().catch(() => ({})) : {};
  return { status: answer.status, ok: answer.ok, body, headers: answer.headers };
}

function begin(file, hash, isWanted) {
  const pairs = {
    filename: file.name,
    key: `${hash}-${file.size}`,
    modified: String(file.lastModified || ""),
    oshash: hash,
    ...(isWanted ? { duplicate: "1" } : {}),
  };
  const metadata = Object.entries(pairs).map(([name, value]) => `${name} ${base64(value)}`);
  return ask("POST", facts.api, { "Upload-Length": String(file.size), "Upload-Metadata": metadata.join(",") });
}

// ---- the list ----------------------------------------------------------------------------------------------------------
const sizes = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let [number, at] = [bytes, 0];
  while (number >= 1000 && at < units.length - 1) [number, at] = [number / 1000, at + 1];
  return `${sizes.format(number)} ${units[at]}`;
}

function time(seconds) {
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

function make(name) {
  const row = new Row(list, name);
  rows.push(row);
  return row;
}

function address(video) {
  return facts.video.replace(/\/0\//, `/${video}/`);
}

// ---- one file ----------------------------------------------------------------------------------------------------------
async function take(file) {
  if (rows.some((row) => row.file && row.file.name === file.name && row.file.size === file.size && row.isBusy)) return;
  const ending = file.name.slice(file.name.lastIndexOf(".")).toLowerCase();
  if (!facts.endings.includes(ending)) {
    make(file.name).end("bad", "This is no video by its name: nothing was sent.");
    return;
  }
  if (!file.size) {
    make(file.name).end("bad", "The file is empty.");
    return;
  }
  let hash;
  try {
    hash = await oshash(file);
  } catch {
    make(file.name).end("bad", "The file can't be read; is it on a disk that was taken away?");
    return;
  }
  // One that was left unfinished, and is chosen again.
  const row = rows.find((one) => one.key === `${hash}-${file.size}` && !one.file) || make(file.name);
  row.file = file;
  row.key = `${hash}-${file.size}`;
  row.hash = hash;
  row.isWanted = false;
  wait(row);
}

function wait(row) {
  row.state = "waiting";
  row.show("Waits for its turn", [["Cancel", () => cancel(row)]]);
  next();
}

function next() {
  const busy = rows.filter((row) => row.state === "sending").length;
  for (const row of rows.filter((one) => one.state === "waiting").slice(0, Math.max(0, AT_ONCE - busy))) {
    row.state = "sending";
    send(row).catch((error) => row.end("bad", error.message));
  }
  total();
}

async function send(row) {
  row.show("Looking whether it is in the library already …", []);
  const answer = await begin(row.file, row.hash, row.isWanted).catch(() => null);
  if (!answer) {
    pause(row, "The library can't be reached. Check the network, then go on.");
    return;
  }
  if (answer.status === 409) {
    known(row, answer.body);
    return;
  }
  if (!answer.ok) {
    refused(row, answer);
    return;
  }
  row.upload = answer.body;
  row.offset = answer.body.received_bytes;
  if (answer.body.status !== "receiving") {
    ended(row, answer.body.status);
    return;
  }
  row.sender = new Sender({ row, facts, csrf, sha256, onProgress: () => progress(row) });
  progress(row);
  const outcome = await row.sender.run();
  row.sender = null;
  if (outcome.kind === "paused") pause(row, outcome.words || "Paused");
  else if (outcome.kind === "failed") failed(row, outcome.words);
  else ended(row, outcome.status);
}

function progress(row) {
  const { offset, file, sender } = row;
  const parts = [`${size(offset)} of ${size(file.size)}`];
  if (sender?.trouble) parts.push(sender.trouble);
  else if (sender?.speed) parts.push(`${size(sender.speed)}/s`, time((file.size - offset) / sender.speed));
  row.bar(offset / file.size);
  row.show(parts.filter(Boolean).join(" · "), [
    ["Pause", () => sender?.pause()],
    ["Cancel", () => cancel(row)],
  ]);
  total();
}

function pause(row, words) {
  row.state = "paused";
  row.show(`${words} · ${size(row.offset || 0)} of ${size(row.file.size)} are there`, [
    ["Go on", () => wait(row)],
    ["Cancel", () => cancel(row)],
  ]);
  next();
}

function failed(row, words) {
  row.state = "failed";
  row.tone("bad");
  row.show(words, [
    ["Try again", () => wait(row)],
    ["Cancel", () => cancel(row)],
  ]);
  next();
}

function refused(row, answer) {
  const words = answer.body.detail || "The library refused it.";
  if (answer.status === 507 || answer.status >= 500) failed(row, words);
  else {
    row.end("bad", answer.status === 401 || answer.status === 403 ? `${words} Reload this page.` : words);
    next();
  }
}

function known(row, body) {
  row.state = "known";
  row.tone("warn");
  row.show(body.detail, [
    ["Send it anyway", () => {
      row.isWanted = true;
      wait(row);
    }],
    ["Leave it", () => row.remove()],
  ], address(body.video));
  next();
}

function ended(row, status) {
  row.bar(1);
  if (status === "duplicate") duplicate(row);
  else if (status === "done" || status === "received") follow(row);
  else row.end("bad", "This upload was ended.");
  next();
}

async function duplicate(row) {
  const { body } = await ask("GET", row.upload.address).catch(() => ({ body: {} }));
  row.state = "known";
  row.tone("warn");
  row.show(`The library has the same already: ${body.video_title || "another file"}.`, [
    ["Keep both files", async () => {
      const answer = await ask("POST", `${row.upload.address}keep/`).catch(() => null);
      if (answer?.ok) follow(row);
      else row.end("bad", answer?.body.detail || "The library can't be reached.");
    }],
    ["Throw this one away", () => cancel(row)],
  ], body.video ? address(body.video) : "");
}

// Until the library has looked at the file and made its video.
async function follow(row) {
  row.state = "done";
  row.tone("good");
  row.show("It is there; the library looks at it …", []);
  for (let look = 0; look < 300; look += 1) {
    const answer = await ask("GET", row.upload.address).catch(() => null);
    if (answer?.body.status === "duplicate") {
      duplicate(row);
      return;
    }
    if (answer?.body.video) {
      row.show("In the library", [], address(answer.body.video));
      return;
    }
    await new Promise((done) => setTimeout(done, look < 20 ? 1500 : 5000));
  }
  row.show("It is there; its video appears in the library when its turn comes.", []);
}

async function cancel(row) {
  row.state = "cancelled";
  await row.sender?.stop();
  if (row.upload) await ask("DELETE", row.upload.address).catch(() => null);
  row.remove();
  rows.splice(rows.indexOf(row), 1);
  next();
}

// ---- all of them ---------------------------------------------------------------------------------------------------------
const allBox = document.querySelector("#all");
const allWords = document.querySelector("#all-words");
const pauseAll = document.querySelector("#pause-all");

function total() {
  const open = rows.filter((row) => row.file && ["waiting", "sending", "paused"].includes(row.state));
  const moving = open.filter((row) => row.state !== "paused");
  allBox.hidden = open.length < 2;
  const left = open.reduce((sum, row) => sum + row.file.size - (row.offset || 0), 0);
  const speed = open.reduce((sum, row) => sum + (row.sender?.speed || 0), 0);
  const parts = [`${open.length} files`, `${size(left)} to go`, speed ? time(left / speed) : ""];
  allWords.textContent = parts.filter(Boolean).join(" · ");
  pauseAll.textContent = moving.length ? "Pause all" : "Go on with all";
}

pauseAll.addEventListener("click", () => {
  const moving = rows.filter((row) => row.state === "sending" || row.state === "waiting");
  if (moving.length) {
    for (const row of moving.filter((one) => one.state === "waiting")) pause(row, "Paused");
    for (const row of moving) row.sender?.pause();
  } else {
    for (const row of rows.filter((one) => one.state === "paused")) wait(row);
  }
});

window.addEventListener("beforeunload", (event) => {
  if (rows.some((row) => row.state === "sending")) event.preventDefault();
});

// ---- choosing and dropping -------------------------------------------------------------------------------------------
const input = document.querySelector("#files");
input.addEventListener("change", () => {
  for (const file of input.files) take(file);
  input.value = "";
});

const drop = document.querySelector("#drop");
for (const kind of ["dragenter", "dragover"]) {
  window.addEventListener(kind, (event) => {
    if (![...(event.dataTransfer?.types || [])].includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  });
}
window.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
window.addEventListener("drop", (event) => {
  drop.classList.remove("over");
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  for (const file of event.dataTransfer.files) take(file);
});

// ---- what was left unfinished ------------------------------------------------------------------------------------------
async function load() {
  const answer = await ask("GET", `${facts.api}?unfinished=1`).catch(() => null);
  for (const upload of answer?.body.results || []) {
    const row = make(upload.name);
    Object.assign(row, { upload, key: upload.key, offset: upload.received_bytes, state: "left" });
    row.bar(upload.received_bytes / upload.size_bytes);
    if (upload.status === "duplicate") duplicate(row);
    else if (upload.status === "received") follow(row);
    else {
      const there = `${size(upload.received_bytes)} of ${size(upload.size_bytes)} are there`;
      row.show(`${there}. Choose the file again, and it goes on.`, [
        ["Choose it", () => input.click()],
        ["Cancel", () => cancel(row)],
      ]);
    }
  }
}

load();
