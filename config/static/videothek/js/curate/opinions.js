// Likes, stars, comment and tally below the player, on people's and studios' pages.
import { did, send, undoLast, withPlayer } from "./api.js";

const SETTLE_MS = 350;
const HALVES = { 0: "", 0.5: "½" };
const words = (stars) => (stars ? `${Math.floor(stars) || ""}${HALVES[stars % 1]}` : "");

function setUp(section) {
  const address = section.dataset.opinion;
  const find = (selector) => section.querySelector(selector);
  const [like, stars, slider, given] = [find("[data-like]"), find(".stars"), find("input[type=range]"), find(".given")];
  const [clear, tally, remark] = [find("[data-clear]"), find("[data-tally]"), find(".remark")];
  let now = { stars: Number(slider.value) };
  let asked = 0;
  let settling = 0;

  function drawStars(value) {
    stars.style.setProperty("--share", value / 5);
    slider.setAttribute("aria-valuetext", value ? `${words(value)} of 5` : "none given");
    given.textContent = words(value);
  }

  function show(opinion) {
    now = opinion;
    like.setAttribute("aria-pressed", String(opinion.is_favorite));
    slider.value = opinion.stars ?? 0;
    drawStars(opinion.stars ?? 0);
    clear.hidden = opinion.stars === null;
    remark.hidden = opinion.stars === null;
    find("[data-remark]").textContent = opinion.comment ? "Your comment" : "Add a comment";
    find("textarea").value = opinion.comment;
    if (tally) find("[data-count]").textContent = opinion.tally;
  }

  const again = async () => show(await send("GET", `${address}opinion/`));

  async function act(method, what, said, body) {
    const mine = (asked += 1);
    try {
      const opinion = await send(method, `${address}${what}/`, body);
      // What was asked for meanwhile will say how it is; this is no news any more.
      if (mine === asked && !settling) show(opinion);
      if (opinion.batch) did(said(opinion), opinion.batch, again);
      return opinion;
    } catch (error) {
      show({ ...now, stars: now.stars || null, comment: now.comment ?? find("textarea").value });
      did(error.message);
      return null;
    }
  }

  const isLiked = () => like.getAttribute("aria-pressed") === "true";
  const toggle = () =>
    isLiked()
      ? act("DELETE", "favorite", () => "No longer one of your favourites.")
      : act("PUT", "favorite", () => "One of your favourites now.");
  const rate = (value) =>
    value
      ? act("PUT", "rating", () => `${words(value)} of 5 stars.`, { stars: value })
      : act("DELETE", "rating", () => "Your stars and your comment were taken away.");
  const count = () => act("POST", "tally", (opinion) => `Counted: ${opinion.tally}.`);

  show({
    is_favorite: isLiked(),
    stars: Number(slider.value) || null,
    comment: find("textarea").value,
    tally: Number(find("[data-count]")?.textContent ?? 0),
  });
  section.classList.add("ready");
  like.addEventListener("click", toggle);
  slider.addEventListener("input", () => drawStars(Number(slider.value)));
  // Arrow keys come in rows: only where they end counts.
  slider.addEventListener("change", () => {
    clearTimeout(settling);
    settling = setTimeout(() => {
      settling = 0;
      rate(Number(slider.value));
    }, SETTLE_MS);
  });
  clear.addEventListener("click", () => rate(0));
  tally?.addEventListener("click", count);
  find("[data-comment]").addEventListener("submit", (event) => {
    event.preventDefault();
    const comment = find("textarea").value;
    act("PUT", "rating", () => "Your comment is kept.", { stars: Number(slider.value), comment });
    remark.open = false;
  });
  if (!tally) return;

  withPlayer((player) => {
    const tell = async (acting, said) => {
      const opinion = await acting;
      if (opinion) player.say(said(opinion));
    };
    player.addKey("h", "favourite, or no longer", () => tell(toggle(), (one) => (one.is_favorite ? "♥" : "No favourite")));
    player.addKey("g", "one more on your tally", () => tell(count(), (one) => `Counted: ${one.tally}`));
    player.addKey("u", "take the last change back", undoLast);
    player.addKey("Stars", "stars; the same once more is half a star less", () => {}, ["Shift", "1", "–", "5"]);
    // By the place of the key: with Shift its letter differs from country to country.
    document.addEventListener("keydown", (event) => {
      // In full screen the next video may play here by now; these are the stars of the one before.
      if (document.querySelector("#player").player !== player) return;
      const number = /^Digit([0-5])$/.exec(event.code)?.[1];
      if (!number || !event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const path = event.composedPath();
      if (document.querySelector("dialog[open]") || path.some((one) => one.matches?.("input:not([type=range]), textarea, select"))) return;
      event.preventDefault();
      const wanted = Number(number);
      tell(rate(now.stars === wanted && wanted ? wanted - 0.5 : wanted), (one) => (one.stars ? `${words(one.stars)} ★` : "No stars"));
    });
  });
}

for (const section of document.querySelectorAll("[data-opinion]:not(.ready)")) setUp(section);
