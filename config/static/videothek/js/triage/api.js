// Talking to /api/v1/triage/: answers wait in a line, so that none is lost or overtakes another, whatever the network does.
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];

function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

class Refused extends Error {}

/** The answer as JSON. Throws Refused with a sentence where the server says no, another error where it isn't reached. */
export async function ask(method, address, body) {
  const answer = await fetch(address, {
    method,
    credentials: "same-origin",
    headers: { "X-CSRFToken": token(), Accept: "application/json", ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  // What passes by itself is asked for again; so is what a server that is just starting says.
  if ([429, 502, 503, 504].includes(answer.status)) throw new Error("busy");
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  if (answer.status >= 500) throw new Refused("Something went wrong in the library; its log says what. Nothing was changed.");
  if (answer.status === 401) throw new Refused("You are logged out. Log in in another tab, and go on here.");
  const field = Object.entries(said).find(([, value]) => Array.isArray(value));
  throw new Refused(said.detail ?? (field ? `${field[0]}: ${field[1].join(" ")}` : "That did not work. Reload the page."));
}

export const isRefusal = (error) => error instanceof Refused;

export function uuid() {
  // Only secure pages have crypto.randomUUID; a library in the living room often has no certificate.
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Sends one thing after another. `tell(waiting)` hears how many wait while the library can't be reached, 0 when it can. */
export function makeLine(tell) {
  const waiting = [];
  let isSending = false;
  let isLost = false;

  async function send() {
    if (isSending) return;
    isSending = true;
    let tries = 0;
    while (waiting.length) {
      const { address, body, done, failed } = waiting[0];
      try {
        const said = await ask("POST", address, typeof body === "function" ? body() : body);
        waiting.shift();
        tries = 0;
        if (isLost) tell(0);
        isLost = false;
        done(said);
      } catch (error) {
        if (isRefusal(error)) {
          waiting.shift();
          failed(error);
          continue;
        }
        isLost = true;
        tell(waiting.length);
        const wait = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
        tries += 1;
        await new Promise((resolve) => {
          setTimeout(resolve, wait);
          addEventListener("online", resolve, { once: true });
        });
      }
    }
    isSending = false;
  }

  addEventListener("beforeunload", (event) => {
    if (waiting.length) event.preventDefault();
  });

  return {
    /** `body` may be a function, asked when its turn has come. */
    add(address, body, done = () => {}, failed = () => {}) {
      waiting.push({ address, body, done, failed });
      if (isLost) tell(waiting.length);
      send();
    },
    get length() {
      return waiting.length;
    },
  };
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** An element with properties and children; text is text. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}
