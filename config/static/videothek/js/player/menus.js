// The menus of the bar: subtitles, speed, quality with sound and copies, and everything else.
import { SPEEDS, icon, make } from "./player.js";

export function setUpMenus(player) {
  const { root, video, controller } = player;
  const buttons = Object.fromEntries([...root.querySelectorAll("[data-menu]")].map((one) => [one.dataset.menu, one]));
  const isPhone = matchMedia("(max-width: 760px)");
  let open = null;

  const heading = (words) => make("p", { class: "head" }, words);
  const radio = (label, isChosen, run, note = "") =>
    make(
      "button",
      { type: "button", role: "menuitemradio", "aria-checked": String(Boolean(isChosen)), onclick: () => close(run) },
      make("span", {}, label, note ? make("small", {}, note) : null),
      isChosen ? icon("check") : null,
    );
  const item = (label, run, key = "", isOn = null) =>
    make(
      "button",
      {
        type: "button",
        role: isOn === null ? "menuitem" : "menuitemcheckbox",
        "aria-checked": isOn === null ? null : String(isOn),
        onclick: () => close(run),
      },
      make("span", {}, label),
      isOn ? icon("check") : key ? make("kbd", {}, key) : null,
    );

  const MENUS = {
    subtitles() {
      const { subtitles = [] } = player.answer ?? {};
      const chosen = player.chosenSubtitle?.() ?? null;
      return [
        heading("Subtitles"),
        radio("Off", chosen === null, () => player.chooseSubtitle(null)),
        ...subtitles.map((one) =>
          radio(one.label, one.id === chosen, () => player.chooseSubtitle(one.id), one.kind === "bitmap" ? "drawn into the picture" : ""),
        ),
      ];
    },
    speed: () => [
      heading("Speed"),
      ...SPEEDS.map((speed) => radio(`${speed}×`, speed === video.playbackRate, () => player.setSpeed(speed))),
    ],
    quality() {
      const { qualities = [], audio_tracks: sounds = [], files = [] } = player.answer ?? {};
      return [
        ...(qualities.length > 1
          ? [heading("Quality"), ...qualities.map((one) => radio(one.label, one.is_chosen, () => player.choose({ quality: one.id })))]
          : []),
        ...(sounds.length > 1
          ? [heading("Sound"), ...sounds.map((one) => radio(one.label, one.is_chosen, () => player.choose({ audio: one.index })))]
          : []),
        ...(files.length > 1
          ? [heading("Copy"), ...files.map((one) => radio(one.label, one.is_chosen, () => player.choose({ file: one.id, audio: null, subtitle: null })))]
          : []),
      ];
    },
    more: () => [
      ...(isPhone.matches && player.hasNext() ? [item("Next video", () => player.next())] : []),
      item("Repeat the video", () => setLoop(!video.loop), "", video.loop),
      item("Repeat from here", () => player.loops.setStart(), "A"),
      item(player.loops.range?.kind === "loop" && player.loops.range.end !== null ? "Stop repeating" : "Repeat up to here", () => player.loops.setEnd(), "B"),
      item("One picture back", () => player.step(-1), ","),
      item("One picture on", () => player.step(1), "."),
      ...(document.pictureInPictureEnabled || video.webkitSetPresentationMode
        ? [item("Picture in picture", player.pictureInPicture, "I")]
        : []),
      ...(document.querySelector("#wrap") && !isPhone.matches ? [item("Theatre", () => player.theatre(), "T")] : []),
      ...(document.querySelector("#keymap") && !isPhone.matches ? [item("Keys", () => document.querySelector("#keymap").showModal(), "?")] : []),
    ],
  };

  function setLoop(isOn) {
    video.loop = isOn;
    player.remember("loop", isOn);
    player.say(isOn ? "The video repeats" : "The video ends");
  }

  function show(name, isByKey) {
    const button = buttons[name];
    const menu = make("div", { class: "pmenu", role: "menu", "aria-label": button.getAttribute("aria-label"), popover: "auto" });
    menu.append(...MENUS[name]());
    button.after(menu);
    open = { name, menu, button, wasAt: controller.getAttribute("autohide") };
    button.setAttribute("aria-expanded", "true");
    controller.setAttribute("autohide", "-1");
    menu.addEventListener("toggle", (event) => {
      if (event.newState === "closed") close();
    });
    menu.addEventListener("keydown", walk);
    menu.showPopover?.();
    place();
    const first = menu.querySelector("[aria-checked=true]") ?? menu.querySelector("button");
    first?.scrollIntoView({ block: "nearest" });
    if (isByKey) first?.focus();
    else menu.querySelector("button")?.focus({ preventScroll: true, focusVisible: false });
  }

  function place() {
    const { menu, button } = open;
    if (isPhone.matches) return;
    const box = button.getBoundingClientRect();
    const right = Math.max(document.documentElement.clientWidth - box.right - 40, 8);
    menu.style.right = `${right}px`;
    menu.style.bottom = `${window.innerHeight - box.top + 8}px`;
    menu.style.maxHeight = `${Math.max(box.top - 16, 160)}px`;
    if (box.top < 180) {
      menu.style.bottom = "auto";
      menu.style.top = `${box.bottom + 8}px`;
      menu.style.maxHeight = `${Math.max(window.innerHeight - box.bottom - 16, 160)}px`;
    }
  }

  function close(run = null) {
    if (!open) return;
    const { menu, button, wasAt } = open;
    const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body;
    open = null;
    button.setAttribute("aria-expanded", "false");
    controller.setAttribute("autohide", wasAt ?? "3");
    menu.remove();
    if (hadFocus) button.focus({ preventScroll: true, focusVisible: false });
    run?.();
  }

  function walk(event) {
    const items = [...open.menu.querySelectorAll("button")];
    const now = items.indexOf(document.activeElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") close();
    else if (to === undefined) return;
    else items[(to + items.length) % items.length]?.focus();
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  }

  for (const [name, button] of Object.entries(buttons)) {
    let wasOpen = false;
    button.setAttribute("aria-expanded", "false");
    // The popover closes itself on the press; the click that follows must not open it again.
    player.listen(button, "pointerdown", () => {
      wasOpen = open?.name === name;
    });
    player.listen(button, "click", (event) => {
      const isByKey = event.detail === 0;
      const again = wasOpen && !isByKey;
      wasOpen = false;
      close();
      if (!again) show(name, isByKey);
    });
  }
  player.listen(window, "resize", () => close());
  player.atEnd(() => close());

  /** Brings the labels of the buttons up to date with what the server answered. */
  player.refreshMenus = () => {
    const { qualities = [], audio_tracks: sounds = [], files = [], subtitles = [] } = player.answer ?? {};
    const chosen = qualities.find((one) => one.is_chosen);
    buttons.quality.hidden = qualities.length < 2 && sounds.length < 2 && files.length < 2;
    buttons.quality.textContent = !chosen ? "Sound" : chosen.id === "auto" ? "Auto" : chosen.label.split(/ [·(]/)[0];
    buttons.subtitles.hidden = !subtitles.length;
    buttons.subtitles.classList.toggle("on", player.chosenSubtitle?.() !== null);
    buttons.speed.hidden = buttons.more.hidden = false;
    buttons.speed.textContent = `${video.playbackRate}×`;
  };
  player.listen(video, "ratechange", player.refreshMenus);
  player.refreshMenus();
}
