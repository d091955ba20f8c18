// The form of a rule: lines come and go, operators follow their field, names are offered, and the preview follows all.

const form = document.querySelector("[data-rule]");
const fields = new Map(JSON.parse(document.querySelector("#rule-fields").textContent).map((one) => [one.key, one]));

function changed() {
  form.dispatchEvent(new CustomEvent("rule:changed"));
}

function fillOperators(line) {
  const field = line.querySelector("[data-field]");
  const operator = line.querySelector("[data-operator]");
  if (!field || !operator) return;
  const wanted = operator.value;
  operator.replaceChildren(
    ...fields.get(field.value).operators.map(([value, label]) => new Option(label, value, false, value === wanted)),
  );
}

async function offerNames(input) {
  const line = input.closest("[data-line]");
  const address = line.querySelector("[name=a_kind]").selectedOptions[0].dataset.names;
  if (line.querySelector("[name=a_how]").value !== "name") return;
  const answer = await fetch(`${address}?q=${encodeURIComponent(input.value)}`, {
    headers: { "X-Requested-With": "fetch" },
  });
  if (!answer.ok) return;
  const { results } = await answer.json();
  let list = document.getElementById("rule-names");
  if (!list) {
    list = document.createElement("datalist");
    list.id = "rule-names";
    form.append(list);
  }
  list.replaceChildren(...results.map((one) => new Option(one.text)));
  input.setAttribute("list", "rule-names");
}

let timer = 0;
form.addEventListener("input", (event) => {
  if (event.target.matches("[data-field]")) fillOperators(event.target.closest("[data-line]"));
  if (event.target.matches("input[data-names]")) {
    clearTimeout(timer);
    timer = setTimeout(() => offerNames(event.target), 200);
  }
  changed();
});

form.addEventListener("click", (event) => {
  const section = event.target.closest("[data-lines]");
  if (event.target.closest("[data-add]")) {
    const line = section.querySelector("template").content.firstElementChild.cloneNode(true);
    section.querySelector("[data-list]").append(line);
    fillOperators(line);
    line.querySelector("select").focus();
  } else if (event.target.closest("[data-remove]")) {
    event.target.closest("[data-line]").remove();
    section.querySelector("[data-add]").focus();
    changed();
  }
});

// The form's own buttons send it as forms are sent; only its preview goes through htmx.
form.addEventListener("htmx:configRequest", (event) => {
  for (const name of ["save", "apply", "delete", "preview"]) delete event.detail.parameters[name];
});
