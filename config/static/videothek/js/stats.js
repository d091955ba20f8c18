// The chart of the dashboard: a line or two over time from the API, with a table of the same figures behind it.

const WIDTH = 900;
const HEIGHT = 240;
const LEFT = 64;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;
const SVG = "http://www.w3.org/2000/svg";
const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/** A figure as people read it, by the unit of its series. */
function spoken(value, unit) {
  if (unit === "bytes") {
    let number = value;
    let at = 0;
    while (Math.abs(number) >= 1000 && at < UNITS.length - 1) {
      number /= 1000;
      at += 1;
    }
    return `${number.toLocaleString(undefined, { maximumFractionDigits: number < 10 && at ? 1 : 0 })} ${UNITS[at]}`;
  }
  if (unit === "seconds") {
    const hours = value / 3600;
    return hours >= 1
      ? `${hours.toLocaleString(undefined, { maximumFractionDigits: hours < 10 ? 1 : 0 })} h`
      : `${Math.round(value / 60)} min`;
  }
  const text = value.toLocaleString(undefined, { maximumFractionDigits: 1 });
  return unit === "percent" ? `${text} %` : text;
}

/** The day of a point, in the reader's own words; hours where the series has them. */
function day(at, isHour) {
  const moment = new Date(at.length === 10 ? `${at}T12:00:00Z` : at);
  return moment.toLocaleString(undefined, isHour ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "medium" });
}

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Steps of 1, 2 or 5 that part the range in about four. */
function steps(low, high) {
  const rough = (high - low || Math.abs(high) || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  const found = [];
  for (let at = Math.floor(low / step) * step; at <= high + step * 0.999; at += step) found.push(at);
  return found;
}

function time(point) {
  return new Date(point.at.length === 10 ? `${point.at}T12:00:00Z` : point.at).getTime();
}

/** Draws the series into the area; the second one is measured by itself, from its least to its most, but for the same
 * figure in the days before, which lies on the same scale. */
function draw(area, all) {
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" });
  const times = all.flatMap((one) => one.points.map(time));
  const first = Math.min(...times);
  const span = Math.max(...times) - first || 1;
  const across = (point) => LEFT + ((time(point) - first) / span) * (WIDTH - LEFT - RIGHT);
  const marks = [];
  const both = all.flatMap((one) => one.points.map((point) => point.value));
  all.forEach((one, number) => {
    const values = one.points.map((point) => point.value);
    const measured = all.at(-1).isBefore ? both : values;
    const ticks = steps(Math.min(...measured), Math.max(...measured));
    const [low, high] = [ticks[0], ticks.at(-1)];
    const up = (value) => HEIGHT - BOTTOM - ((value - low) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM);
    if (number === 0) {
      for (const tick of ticks) {
        svg.append(element("line", { class: "grid-line", x1: LEFT, x2: WIDTH - RIGHT, y1: up(tick), y2: up(tick) }));
        marks.push({ left: 0, top: up(tick), text: spoken(tick, one.unit) });
      }
    }
    const kind = number ? " beside" : "";
    if (one.points.length === 1) {
      svg.append(element("circle", { class: `dot${kind}`, cx: across(one.points[0]), cy: up(values[0]), r: 4 }));
    } else {
      const path = one.points.map((point, at) => `${at ? "L" : "M"}${across(point).toFixed(1)} ${up(point.value).toFixed(1)}`);
      svg.append(element("path", { class: `line${kind}`, d: path.join("") }));
    }
  });
  area.replaceChildren(svg);
  // Words stand beside the picture, which is stretched to the page's width.
  for (const mark of marks) {
    const label = document.createElement("span");
    label.className = "plot-word";
    label.style.top = `${(100 * mark.top) / HEIGHT}%`;
    label.textContent = mark.text;
    area.append(label);
  }
}

/** How much a range brought, with its sign. */
function change(one) {
  const by = one.points.at(-1).value - one.points[0].value;
  return `${by > 0 ? "+" : ""}${spoken(by, one.unit)}`;
}

function besideWords(main, beside) {
  if (!beside?.points.length) return "";
  if (beside.isBefore) return `: ${change(main)}; dashed: the days before, ${change(beside)}`;
  return `; dashed: ${beside.label}, ${spoken(beside.points.at(-1).value, beside.unit)} now`;
}

function tell(figure, table, all) {
  const [main, beside] = all;
  const caption = figure.querySelector("figcaption");
  const isHour = main.kind === "storage";
  const last = main.points.at(-1);
  caption.textContent =
    `${main.label}: ${spoken(main.points[0].value, main.unit)} on ${day(main.points[0].at, isHour)}, ` +
    `${spoken(last.value, main.unit)} on ${day(last.at, isHour)}` +
    besideWords(main, beside) +
    ".";
  const head = document.createElement("tr");
  for (const text of ["When", ...all.map((one) => (one.isBefore ? "In the days before" : one.label))]) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = text;
    head.append(cell);
  }
  table.tHead.replaceChildren(head);
  const other = new Map((beside?.points ?? []).map((point) => [point.at.slice(0, 10), point.value]));
  table.tBodies[0].replaceChildren(
    ...main.points.toReversed().map((point) => {
      const row = document.createElement("tr");
      const cells = [day(point.at, isHour), spoken(point.value, main.unit)];
      if (beside) {
        const value = other.get(point.at.slice(0, 10));
        cells.push(value === undefined ? "" : spoken(value, beside.unit));
      }
      for (const text of cells) row.insertCell().textContent = text;
      return row;
    }),
  );
}

async function read(source, chosen, days, endedDaysAgo = 0) {
  const [kind, field] = chosen.split("/");
  const asked = new URLSearchParams({ kind, field, days, points: 400, ended_days_ago: endedDaysAgo });
  const answer = await fetch(`${source}?${asked}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** The same figure in as many days before, moved onto these. */
async function readBefore(source, chosen, days) {
  const found = await read(source, chosen, days, days);
  const points = found.points.map((point) => {
    const at = new Date(time(point) + days * 86_400_000).toISOString();
    return { at: point.at.length === 10 ? at.slice(0, 10) : at, value: point.value };
  });
  return { ...found, points, isBefore: true };
}

function begin(form) {
  const figure = form.parentElement.querySelector(".plot");
  const table = form.parentElement.querySelector(".plot-table table");
  const area = figure.querySelector(".plot-area");
  let latest = 0;

  async function show() {
    latest += 1;
    const mine = latest;
    const [field, beside, days] = ["field", "beside", "days"].map((name) => form.elements[name].value);
    const [kind, column] = field.split("/");
    for (const link of form.querySelectorAll("[data-export]")) {
      link.href = `${form.dataset.source}?${new URLSearchParams({ kind, field: column, days, as: link.dataset.export })}`;
    }
    try {
      const source = form.dataset.source;
      const others = { "": [], before: [readBefore(source, field, Number(days))] }[beside] ?? [read(source, beside, days)];
      const all = await Promise.all([read(source, field, days), ...others]);
      if (mine !== latest) return;
      const shown = all.filter((one) => one.points.length);
      if (all[0].points.length) {
        draw(area, shown);
        tell(figure, table, shown);
      } else {
        area.replaceChildren();
        figure.querySelector("figcaption").textContent = "Nothing was counted in these days.";
      }
    } catch {
      if (mine === latest) figure.querySelector("figcaption").textContent = "The figures could not be read. Try again.";
    }
  }

  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}

for (const form of document.querySelectorAll("[data-plot]")) begin(form);
