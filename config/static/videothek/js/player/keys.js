// The keys, and the sheet that lists them. Other parts add theirs by player.addKey.
const NAMES = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

export function setUpKeys(player) {
  const { root, video } = player;
  const sheet = document.querySelector("#keymap");
  // A page without the sheet still has the keys.
  const list = sheet?.querySelector("dl") ?? document.createElement("dl");
  const opener = document.querySelector("#keys-open");
  const actions = new Map();

  /** One key with one letter or name for what it does. `shown` is how the sheet prints it; words "" leave it out. */
  player.addKey = (key, words, action, shown = null) => {
    const name = key.length === 1 ? key.toLowerCase() : key;
    list.querySelector(`[data-key="${CSS.escape(name)}"]`)?.remove();
    actions.set(name, action);
    if (!words) return;
    const line = document.createElement("div");
    const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
    line.dataset.key = name;
    for (const part of shown ?? [NAMES[key] ?? key.toUpperCase()]) {
      const print = document.createElement("kbd");
      print.textContent = part;
      term.append(print, " ");
    }
    meaning.textContent = words;
    line.append(term, meaning);
    list.append(line);
  };
  const pair = (first, second, words, run) => {
    const print = (key) => NAMES[key] ?? key.toUpperCase();
    player.addKey(first, words, () => run(-1), [print(first), print(second)]);
    player.addKey(second, "", () => run(1));
  };

  player.addKey(" ", "", player.toggle);
  player.addKey("k", "play or pause", player.toggle, ["Space", "K"]);
  pair("j", "l", "10 seconds back, on", (by) => player.seek(video.currentTime + 10 * by));
  pair("ArrowLeft", "ArrowRight", "5 seconds back, on", (by) => player.seek(video.currentTime + 5 * by));
  pair("ArrowDown", "ArrowUp", "quieter, louder (player in focus)", (by) => player.louder(0.1 * by));
  for (let tenth = 0; tenth <= 9; tenth += 1) {
    const words = tenth ? "" : "to a tenth of the video";
    player.addKey(String(tenth), words, () => player.seek((player.length * tenth) / 10), ["0", "–", "9"]);
  }
  pair(",", ".", "one picture back, on", (by) => player.step(by));
  pair("<", ">", "slower, faster", (by) => player.faster(by));
  pair("[", "]", "to the mark or chapter before, after", (by) => player.jump?.(by));
  player.addKey("a", "repeat from here", () => player.loops?.setStart());
  player.addKey("b", "repeat up to here; once more to stop", () => player.loops?.setEnd());
  player.addKey("c", "subtitles on or off", () => player.toggleSubtitles?.());
  player.addKey("n", "next video", () => player.next?.());
  player.addKey("m", "sound off or on", player.mute);
  player.addKey("f", "full screen", player.fullScreen);
  player.addKey("t", "theatre: a wider player", () => player.theatre());
  player.addKey("i", "picture in picture", player.pictureInPicture);
  if (sheet) player.addKey("?", "this list", () => sheet.showModal());

  player.atEnd(() => list.replaceChildren());

  if (opener && sheet) {
    opener.hidden = false;
    player.listen(opener, "click", () => sheet.showModal());
  }

  player.listen(document, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const path = event.composedPath();
    const has = (selector) => path.some((element) => element.matches?.(selector));
    if (document.querySelector("dialog[open]") || has("input:not([type=range]), textarea, select, [contenteditable]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    // What has the focus keeps the keys that work it.
    if (key === " " && has("button, a, summary, [role=button], media-chrome-button, media-play-button")) return;
    if (key.startsWith("Arrow") && has("input[type=range], [role=slider], [role=menu]")) return;
    const isInPlayer = path.includes(root) || document.fullscreenElement;
    if ((key === "ArrowUp" || key === "ArrowDown") && !isInPlayer) return;
    const action = actions.get(key);
    if (!action) return;
    event.preventDefault();
    action();
  });
}
