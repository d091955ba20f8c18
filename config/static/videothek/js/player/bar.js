// What lies on the seek bar: marks, the lanes of the people, and what is at the pointer's time.
import { clock, make } from "./player.js";

const LANES = 4;
const NEAR_SECONDS = 1;
// Colours come from people; anything else would end up in a style attribute.
const COLOUR = /^#[0-9a-f]{6}$/i;

export function setUpBar(player) {
  const { root, video, facts } = player;
  const marks = root.querySelector("#marks");
  const lanes = root.querySelector("#lanes");
  const seek = root.querySelector(".seek");
  const at = seek.querySelector(".at");
  let markers = [];
  let people = [];

  const share = (seconds) => `${Math.min(Math.max((100 * seconds) / (player.length || 1), 0), 100)}%`;

  function drawMarkers() {
    const drawn = player.length ? markers : [];
    marks.querySelectorAll(".pin").forEach((one) => one.remove());
    marks.prepend(
      ...drawn.map((marker) => {
        const one = make("button", {
          type: "button",
          tabindex: "-1",
          class: marker.end ? "pin span" : "pin",
          title: [clock(marker.start), marker.label].filter(Boolean).join(" · "),
          onclick: () => player.goTo(marker.start),
          // The list beside the player is for the keyboard; a press here takes no focus.
          onmousedown: (event) => event.preventDefault(),
        });
        one.style.left = share(marker.start);
        if (marker.end) one.style.width = share(marker.end - marker.start);
        if (COLOUR.test(marker.color ?? "")) one.style.setProperty("--mark", marker.color);
        return one;
      }),
    );
  }

  function drawPeople() {
    const drawn = player.length ? people.slice(0, LANES) : [];
    lanes.replaceChildren(
      ...drawn.map((person, index) => {
        const lane = make("div", { class: "lane" });
        lane.style.setProperty("--lane", `var(--lane-${index + 1})`);
        for (const [start, end] of person.spans) {
          const words = `${person.name} ${clock(start)}–${clock(end)}`;
          const span = make("button", {
            type: "button",
            // The people below the player are for the keyboard; a press here takes no focus.
            tabindex: "-1",
            title: words,
            onclick: () => {
              player.goTo(start);
              player.say(words);
            },
            onmousedown: (event) => event.preventDefault(),
          });
          span.style.left = share(start);
          span.style.width = share(end - start);
          lane.append(span);
        }
        return lane;
      }),
    );
    lanes.hidden = !drawn.length;
  }

  player.setMarkers = (list) => {
    markers = [...(list ?? [])].sort((a, b) => a.start - b.start);
    drawMarkers();
  };
  player.setPeople = (list) => {
    people = list ?? [];
    drawPeople();
  };
  /** A stretch on the bar, by kind ("loop", "part"); without an end only its start; null takes it away. */
  player.drawStretch = (kind, stretch) => {
    marks.querySelector(`.stretch.${kind}`)?.remove();
    if (!stretch || !player.length) return;
    const one = make("span", { class: `stretch ${kind}${stretch.end === null ? " open" : ""}` });
    one.style.left = share(stretch.start);
    if (stretch.end !== null) one.style.width = share(stretch.end - stretch.start);
    marks.append(one);
  };

  /** To the mark or chapter after (1) or before (-1) the play head. */
  player.jump = (direction) => {
    const places = [...markers.map((one) => [one.start, one.label]), ...facts.chapters.map((one) => [one.start, one.title])];
    places.sort((a, b) => a[0] - b[0]);
    const now = video.currentTime;
    const found =
      direction > 0
        ? places.find(([start]) => start > now + 0.1)
        : places.findLast(([start]) => start < now - NEAR_SECONDS);
    if (!found && direction > 0) return player.say(places.length ? "No mark after this" : "No marks in this video");
    player.seek(found?.[0] ?? 0);
    player.say([clock(video.currentTime), found?.[1]].filter(Boolean).join(" · "));
  };

  // Who and what is at the time under the pointer.
  player.listen(seek, "pointermove", (event) => {
    if (!markers.length && !people.length) return;
    const box = marks.getBoundingClientRect();
    const time = ((event.clientX - box.left) / box.width) * player.length;
    const width = (8 / box.width) * player.length;
    const words = [
      ...people.filter(({ spans }) => spans.some(([from, to]) => from <= time && time <= to)).map(({ name }) => name),
      ...markers.filter(({ start, end }) => start - width <= time && time <= (end ?? start) + width).map((one) => one.label),
    ].filter(Boolean);
    at.hidden = !words.length;
    at.textContent = words.slice(0, 3).join(", ");
  });

  player.setMarkers(facts.markers);
  player.setPeople(facts.people);
  player.listen(video, "durationchange", () => {
    drawMarkers();
    drawPeople();
    player.loops?.draw();
  });
}
