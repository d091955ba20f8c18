// The watch page: the player, and what only this page has around it.
import { makePlayer } from "./player/player.js";
import { rememberChoices } from "./player/remembered.js";
import { setUpBar } from "./player/bar.js";
import { setUpKeys } from "./player/keys.js";
import { setUpLoops } from "./player/loops.js";
import { setUpMenus } from "./player/menus.js";
import { setUpNext } from "./player/next.js";
import { comeBackTo, goOnHere } from "./player/onward.js";
import { setUpResume } from "./player/resume.js";
import { setUpSource } from "./player/source.js";
import { setUpSubtitles } from "./player/subtitles.js";
import { setUpSystem } from "./player/system.js";
import { setUpTelling } from "./player/telling.js";
import { setUpTouch } from "./player/touch.js";
import { setUpTrouble } from "./player/trouble.js";

let player = makePlayer(document.querySelector("#player"));
const { video } = player;

function setUp(made) {
  player = made;
  player.goOnHere = (address) => goOnHere(made, address, begin);
  rememberChoices(player);
  setUpKeys(player);
  setUpTrouble(player);
  setUpBar(player);
  setUpLoops(player);
  setUpSubtitles(player);
  setUpMenus(player);
  setUpTelling(player);
  setUpResume(player);
  setUpTouch(player);
  setUpNext(player);
  setUpSystem(player);
}

function begin(made) {
  setUp(made);
  player.announce();
  setUpSource(player);
}

comeBackTo(player.facts);
setUp(player);

// ---- the picture that is shown becomes the cover -----------------------------------------------------------------
const taker = document.querySelector("#cover-take");

async function takeCover() {
  const { address } = taker.dataset;
  const body = new FormData(document.querySelector("#progress"));
  body.set("do", "time");
  body.set("seconds", String(Math.round(video.currentTime * 1000) / 1000));
  taker.disabled = true;
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    const { said, problem } = await answer.json();
    player.offer(said || problem, "Cover …", () => location.assign(address));
  } catch {
    player.offer("The cover could not be asked for; try again.", "Again", takeCover);
  }
  taker.disabled = false;
}

if (taker) {
  taker.hidden = false;
  taker.addEventListener("click", takeCover);
}

// ---- links to a moment of this video, in chapters and wherever else they stand -----------------------------------
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-seek]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  player.goTo(Number(link.dataset.seek));
  player.root.scrollIntoView({ block: "nearest" });
});

player.announce();
setUpSource(player);
