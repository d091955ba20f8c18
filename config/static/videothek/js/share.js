// Sharing: the dialog on a page of something that can be shared, and copying links in lists.
const told = document.querySelector("#share-told");
const dialog = document.querySelector("#share-dialog");

function say(words, isBad = false) {
  if (!told) return;
  told.textContent = words;
  told.classList.toggle("bad", isBad);
}

// navigator.clipboard is missing where the page came without HTTPS.
async function copy(text, within = document.body) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    field.style.opacity = "0";
    within.append(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    return isDone;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const isDone = await copy(button.dataset.copy, button.closest("dialog") || document.body);
  say(isDone ? "The link is copied." : `Copy it by hand: ${button.dataset.copy}`, !isDone);
  button.textContent = isDone ? "Copied" : "Copy link";
  setTimeout(() => {
    button.textContent = "Copy link";
  }, 2000);
});

// ---- the dialog ----------------------------------------------------------------------------------------------------
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

async function ask(method, address, body) {
  const answer = await fetch(address, {
    method,
    headers: {
      Accept: "application/json",
      ...(body ? { "Content-Type": "application/json" } : {}),
      "X-CSRFToken": dialog.querySelector("[name=csrfmiddlewaretoken]").value,
    },
    body: body ? JSON.stringify(body) : undefined,
    credentials: "same-origin",
  });
  const found = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const words = found.detail || Object.values(found).flat()[0];
    throw new Error(words || "That did not work; try again.");
  }
  return found;
}

function when(link) {
  if (!link.expires_at) return "good until you take it back";
  const at = new Date(link.expires_at);
  return `good until ${at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`;
}

function row(link) {
  const item = element("li");
  const what = element("div", "what");
  what.append(element("h4", "", link.title));
  const times = link.view_count === 1 ? "opened once" : `opened ${link.view_count.toLocaleString()} times`;
  const who = link.access === "public" ? "anyone with the link" : "people with an account";
  what.append(element("p", "", `${who}${link.has_password ? " and the password" : ""} · ${when(link)} · ${times}`));
  if (link.url) {
    const field = element("input", "address");
    field.readOnly = true;
    field.value = link.url;
    field.setAttribute("aria-label", `Address of ${link.title}`);
    field.addEventListener("focus", () => field.select());
    what.append(field);
  }
  const actions = element("div", "do");
  if (link.url) {
    const button = element("button", "btn", "Copy link");
    button.type = "button";
    button.dataset.copy = link.url;
    actions.append(button);
  }
  const back = element("button", "btn", "Take back");
  back.type = "button";
  back.setAttribute("aria-label", `Take back the link to ${link.title}`);
  back.addEventListener("click", async () => {
    back.disabled = true;
    try {
      await ask("DELETE", link.address);
      item.remove();
      const list = dialog.querySelector("#share-made ul");
      dialog.querySelector("#share-made").hidden = !list.children.length;
      say("The link is taken back: it opens nothing any more.");
      dialog.querySelector("#share-form [type=submit]").focus();
    } catch (error) {
      back.disabled = false;
      say(error.message, true);
    }
  });
  actions.append(back);
  item.append(what, actions);
  return item;
}

function query() {
  const { video, playlist } = dialog.dataset;
  return video ? `?video=${video}&live=1` : `?playlist=${playlist}&live=1`;
}

async function load() {
  const list = dialog.querySelector("#share-made ul");
  try {
    const { results } = await ask("GET", dialog.dataset.api + query());
    list.replaceChildren(...results.map(row));
    dialog.querySelector("#share-made").hidden = !results.length;
  } catch (error) {
    say(error.message, true);
  }
}

function wanted() {
  const form = dialog.querySelector("#share-form");
  const given = new FormData(form);
  const what = given.get("what");
  const { video, playlist } = dialog.dataset;
  const thing = what ? { marker: Number(what) } : video ? { video: Number(video) } : { playlist };
  return {
    ...thing,
    access: given.get("access"),
    expires_in: given.get("expires_in"),
    password: given.get("password") || "",
  };
}

async function make(event) {
  event.preventDefault();
  const button = event.submitter || dialog.querySelector("#share-form [type=submit]");
  button.disabled = true;
  say("");
  try {
    const link = await ask("POST", dialog.dataset.api, wanted());
    const made = dialog.querySelector("#share-made");
    made.hidden = false;
    made.querySelector("ul").prepend(row(link));
    dialog.querySelector("#share-password").value = "";
    const isCopied = await copy(link.url, dialog);
    say(isCopied ? "The link is made and copied: paste it where you want it." : "The link is made.");
  } catch (error) {
    say(error.message, true);
  }
  button.disabled = false;
}

function open(button) {
  const choice = dialog.querySelector("#share-what");
  const clip = button?.dataset.shareMarker || new URLSearchParams(location.search).get("clip");
  if (choice) choice.value = [...choice.options].some((option) => option.value === clip) ? clip : "";
  say("");
  dialog.showModal();
  load();
}

if (dialog) {
  // Inside the player's line it would be cut off, and take its style.
  document.body.append(dialog);
  for (const button of document.querySelectorAll("[data-share]")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-share], [data-share-marker]");
    if (button) open(button);
  });
  // The player's keys are not for who types here.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.querySelector("#share-form").addEventListener("submit", make);
}
