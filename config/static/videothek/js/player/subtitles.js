// Subtitles: which one is shown, and drawing its words above the controls. Browsers draw them below, and where they
// think best; in an iPhone's own full screen they must.
import { make } from "./player.js";

const UPPER_LINES = 5;
const UPPER_PERCENT = 40;

export function setUpSubtitles(player) {
  const { root, video } = player;
  const box = make("div", { class: "cues" });
  let list = [];
  let chosen = null;
  let isNative = false;
  root.querySelector("media-controller").after(box);

  const trackOf = (id) => root.querySelector(`track[data-subtitle="${CSS.escape(String(id))}"]`)?.track;

  function isUpper(cue) {
    if (typeof cue.line !== "number") return false;
    return cue.snapToLines ? cue.line >= 0 && cue.line < UPPER_LINES : cue.line < UPPER_PERCENT;
  }

  function draw() {
    const cues = isNative || chosen === null ? [] : [...(trackOf(chosen)?.activeCues ?? [])];
    const lines = (of) => of.map((cue) => make("p", {}, make("span", {}, cue.getCueAsHTML())));
    box.replaceChildren(
      make("div", { class: "upper" }, ...lines(cues.filter(isUpper))),
      make("div", { class: "lower" }, ...lines(cues.filter((cue) => !isUpper(cue)))),
    );
  }

  function show() {
    for (const element of root.querySelectorAll("track[data-subtitle]")) {
      const isChosen = element.dataset.subtitle === String(chosen);
      element.track.mode = isChosen ? (isNative ? "showing" : "hidden") : "disabled";
    }
    draw();
    player.refreshMenus();
  }

  /** What the server answered for this video; the choice stays where it is still there. */
  player.setSubtitles = (answered) => {
    list = answered;
    const wanted = new Set(list.filter((one) => one.url).map((one) => String(one.id)));
    for (const track of root.querySelectorAll("track[data-subtitle]")) {
      if (!wanted.delete(track.dataset.subtitle)) track.remove();
    }
    for (const { id, url, label, language } of list) {
      if (!url || !wanted.has(String(id))) continue;
      const element = make("track", { kind: "subtitles", label, srclang: language || "und", src: url, "data-subtitle": id });
      element.track.addEventListener("cuechange", draw);
      element.addEventListener("load", draw);
      video.append(element);
    }
    const drawn = list.find((one) => one.kind === "bitmap" && one.is_chosen);
    if (drawn) chosen = drawn.id;
    else if (!list.some((one) => one.id === chosen && one.url)) chosen = preferred();
    show();
  };

  /** What this browser's user had last, else what the file wants shown. Drawn ones cost a conversion: never by itself. */
  function preferred() {
    const texts = list.filter((one) => one.url);
    const { isOn, language } = player.remembered("subtitles") ?? {};
    const inLanguage = texts.find((one) => one.language === language);
    if (isOn === true) return (inLanguage ?? texts.find((one) => one.is_default) ?? texts[0])?.id ?? null;
    if (isOn === false) return texts.find((one) => one.is_forced && one.is_chosen)?.id ?? null;
    return texts.find((one) => one.is_chosen)?.id ?? null;
  }

  player.chosenSubtitle = () => chosen;
  player.chooseSubtitle = (id) => {
    const before = list.find((one) => one.id === chosen);
    const one = list.find((entry) => entry.id === id) ?? null;
    chosen = one?.id ?? null;
    player.remember("subtitles", { isOn: Boolean(one), language: one?.language ?? before?.language ?? "" });
    player.say(one ? one.label : "Subtitles off");
    show();
    // Only what is drawn into the picture needs another stream.
    if (one?.kind === "bitmap" || before?.kind === "bitmap") {
      player.choose({ subtitle: one?.kind === "bitmap" ? one.id : "off" });
    }
  };
  player.toggleSubtitles = () => {
    const texts = list.filter((one) => one.url);
    if (chosen !== null) return player.chooseSubtitle(null);
    if (!texts.length) return player.say(list.length ? "Choose the subtitles in their menu" : "No subtitles in this video");
    const { language } = player.remembered("subtitles") ?? {};
    player.chooseSubtitle((texts.find((one) => one.language === language) ?? texts[0]).id);
  };

  player.atEnd(() => box.remove());
  for (const [event, isTheirs] of [["webkitbeginfullscreen", true], ["webkitendfullscreen", false]]) {
    player.listen(video, event, () => {
      isNative = isTheirs;
      show();
    });
  }
}
