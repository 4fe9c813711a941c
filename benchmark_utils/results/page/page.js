"use strict";
// Draws the views of the data that the page holds, in the form that benchopt's plots have.
const DATA = JSON.parse(document.getElementById("data").textContent);
const AXES = { loglog: ["log", "log"], "semilog-x": ["log", "linear"],
               "semilog-y": ["linear", "log"], linear: ["linear", "linear"] };
// Letters of a name beside a row of dots.
const LONGEST = 20;
const state = { kind: Object.keys(DATA.views)[0], chosen: {}, hidden: new Set() };
const get = (id) => document.getElementById(id);

// An element with attributes and children; text is never read as markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Plotly reads some markup in texts.
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const words = (name) => name.replaceAll("_", " ");

function chosenPanel() {
  const view = DATA.views[state.kind];
  const values = Object.keys(view.options).map((name) => state.chosen[name]);
  return view.panels[[state.kind, ...values].join("_")];
}

function drawViews() {
  get("views").replaceChildren(...Object.keys(DATA.views).map((kind) => {
    const button = make("button", { type: "button", "aria-pressed": kind === state.kind },
                        words(kind));
    button.addEventListener("click", () => { state.kind = kind; draw(); });
    return button;
  }));
}

// What was chosen in another view stays where this view has it.
function drawOptions() {
  const { options } = DATA.views[state.kind];
  const parts = [];
  for (const [name, values] of Object.entries(options)) {
    if (!values.includes(state.chosen[name])) state.chosen[name] = values[0];
    if (values.length > 1) parts.push(values.length > 4 || values.some((v) => v.length > 24)
      ? selector(name, values) : switchOf(name, values));
  }
  get("options").replaceChildren(...parts);
}

function choose(name, value) {
  state.chosen[name] = value;
  drawPanel();
}

function selector(name, values) {
  const select = make("select", { name }, ...values.map((value) => make("option", {}, value)));
  select.value = state.chosen[name];
  select.addEventListener("change", () => choose(name, select.value));
  return make("label", {}, make("span", {}, words(name)), select);
}

function switchOf(name, values) {
  const radios = values.map((value) => {
    const radio = make("input", { type: "radio", name, value });
    radio.checked = value === state.chosen[name];
    radio.addEventListener("change", () => choose(name, value));
    return make("label", {}, radio, ` ${value}`);
  });
  return make("fieldset", {}, make("legend", {}, words(name)), ...radios);
}

function drawPanel() {
  const panel = chosenPanel(), box = get("panel");
  Plotly.purge(box);
  box.replaceChildren();
  box.className = "";
  ["role", "aria-label"].forEach((name) => box.removeAttribute(name));
  get("legend").replaceChildren();
  get("ends").hidden = get("save").hidden = true;
  get("panel-title").textContent = panel ? panel.title : "";
  if (!panel) box.append("There is nothing to show for this choice.");
  else if (panel.type === "table") box.append(table(panel));
  else if (panel.type === "image") box.append(pictures(panel));
  else drawChart(panel, box);
}

function drawChart(panel, box) {
  const curves = panel.type === "scatter";
  const shown = panel.data.filter((one) => !state.hidden.has(one.label));
  box.className = "chart";
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", `${panel.ylabel} ${curves ? `against ${panel.xlabel}` : ""} of ` +
                   panel.data.map((one) => one.label).join(", "));
  const traces = curves ? [...ladder(panel, shown), ...shown.flatMap(lines)] : shown.flatMap(dots);
  Plotly.newPlot(box, traces, layoutOf(panel, shown), { responsive: true, displaylogo: false,
    displayModeBar: false, doubleClick: "reset" });
  get("legend").replaceChildren(...panel.data.map(legendItem));
  get("ends").hidden = get("save").hidden = false;
  get("ends").lastChild.replaceChildren(table({ data: ends(panel), columns: curves
    ? ["solver", panel.xlabel, panel.ylabel] : ["solver", panel.ylabel, "reached by"] }));
}

function ends(panel) {
  return panel.data.map((one) => panel.type === "scatter"
    ? [one.label, one.x.at(-1), one.y.at(-1)]
    : [one.label, median(one.y), one.text || "all runs"]);
}

function lines(one) {
  const line = { color: one.color, dash: one.dash, width: 2 };
  const edge = { type: "scatter", mode: "lines", x: one.x, line: { width: 0 }, hoverinfo: "skip" };
  const band = one.y_low ? [{ ...edge, y: one.y_low },
    { ...edge, y: one.y_high, fill: "tonexty", fillcolor: `${one.color}2e` }] : [];
  return [...band, { type: "scatter", name: plain(one.label), x: one.x, y: one.y, line,
    mode: one.points ? "markers" : one.x.length > 1 ? "lines+markers" : "markers",
    marker: { color: one.color, symbol: one.symbol, size: 8, maxdisplayed: 9 },
    hovertemplate: `${plain(one.label)}<br>%{x:.4g}, %{y:.4g}<extra></extra>` }];
}

// The levels that some curve has reached, as faint lines.
function ladder(panel, shown) {
  if (!panel.levels || !shown.length) return [];
  const x = shown.flatMap((one) => one.x), y = shown.flatMap((one) => one.y);
  const lowest = y.reduce((a, b) => Math.min(a, b)), ends = [Math.min(...x), Math.max(...x)];
  return Object.entries(panel.levels).filter(([, level]) => level >= lowest).map(
    ([name, level]) => ({ type: "scatter", mode: "lines+text", x: ends, y: [level, level],
      text: [name, ""], textposition: "top right", textfont: { size: 10, color: color("--faint") },
      line: { color: color("--faint"), width: 0.7, dash: "dot" }, hoverinfo: "skip" }));
}

const median = (values) => {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return sorted.length ? (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2 : null;
};

// One mark for each run, and a bar at their median, in the row of this number.
function dots(one, number) {
  const row = (x, marker) => ({ type: "scatter", mode: "markers", name: plain(one.label), x, marker,
    y: x.map(() => number), hovertemplate: `${plain(one.label)}<br>%{x:.4g}<extra></extra>` });
  return [row(one.y, { color: one.color, symbol: one.symbol, size: 9 }),
    row([median(one.y)], { color: one.color, symbol: "line-ns-open", size: 22, line: { width: 3 } })];
}

// The rows of dots by name; long names are cut, and whole in the legend.
function rowsOf(shown) {
  const name = (one) => one.label.length > LONGEST ? `${one.label.slice(0, LONGEST)}\u2026`
    : one.label;
  return { tickvals: shown.map((one, number) => number), range: [shown.length - 0.5, -0.5],
    ticktext: shown.map((one) => plain(name(one)) + (one.text ? `<br>${plain(one.text)}` : "")) };
}

function layoutOf(panel, shown) {
  const curves = panel.type === "scatter";
  const [xtype, ytype] = curves ? AXES[panel.scale] : ["log", "linear"];
  const values = (name) => shown.flatMap((one) => one[name] || one.y);
  const axis = (type, text, numbers) => ({ type, title: { text: plain(text), standoff: 8 }, automargin: true,
    gridcolor: color("--line"), linecolor: color("--faint"), zeroline: false, mirror: true,
    showline: true, ...(type === "log" ? ticks(numbers) : {}) });
  return { showlegend: false, margin: { l: 10, r: 10, t: 10, b: 10 }, hovermode: "closest",
    font: { color: color("--text"), size: 13 }, paper_bgcolor: color("--back"),
    plot_bgcolor: color("--back"), dragmode: window.innerWidth > 700 ? "zoom" : false,
    xaxis: axis(xtype, curves ? panel.xlabel : panel.ylabel, values("x")),
    yaxis: { ...axis(ytype, curves ? panel.ylabel : "", values("y")),
      ...(curves ? {} : rowsOf(shown)) } };
}

// Ticks of a logarithmic axis: powers of ten, or whole numbers between them where these are few.
function ticks(values) {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  const decades = logs.reduce((a, b) => Math.max(a, b), -Infinity) -
    logs.reduce((a, b) => Math.min(a, b), Infinity);
  if (decades > 1.5) return { exponentformat: "power", dtick: Math.ceil(decades / 9) };
  // Within a factor of two Plotly's own are as good as on a linear axis.
  return decades > 0.3 ? { dtick: decades > 0.7 ? "D2" : "D1", tickformat: "~g" } : {};
}

// A piece of the curve, as in the plot.
function swatch(one) {
  const draw = (name, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const dashes = { solid: "", dash: "7 4", dot: "2 2", dashdot: "7 3 2 3" };
  const marks = { circle: "\u25cf", square: "\u25a0", diamond: "\u25c6", "triangle-up": "\u25b2",
    cross: "\u271a", x: "\u2716", "triangle-down": "\u25bc" };
  return draw("svg", { width: 40, height: 16, "aria-hidden": true },
    draw("line", { x1: 0, x2: 40, y1: 8, y2: 8, stroke: one.color, "stroke-width": 3,
      "stroke-dasharray": dashes[one.dash] }),
    draw("text", { x: 20, y: 12.5, fill: one.color, "text-anchor": "middle", "font-size": 13 },
      marks[one.symbol]));
}

function legendItem(one) {
  const box = make("input", { type: "checkbox" });
  box.checked = !state.hidden.has(one.label);
  box.addEventListener("change", () => {
    if (box.checked) state.hidden.delete(one.label); else state.hidden.add(one.label);
    const place = [...get("legend").querySelectorAll("input")].indexOf(box);
    drawPanel();
    get("legend").querySelectorAll("input")[place].focus();
  });
  return make("li", {}, make("label", {}, box, swatch(one), make("span", {}, one.label)));
}

const digits = (cell) => typeof cell === "number" && !Number.isInteger(cell)
  ? String(Number(cell.toPrecision(4))) : cell === null ? "" : String(cell);

function compare(a, b) {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x - y) ? String(a).localeCompare(String(b)) : x - y;
}

function table(panel, sorted = panel.default_order_column, up = true) {
  const rows = [...panel.data];
  if (sorted !== undefined) rows.sort((a, b) => (up ? 1 : -1) * compare(a[sorted], b[sorted]));
  const head = panel.columns.map((name, place) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => {
      const next = table(panel, place, place === sorted ? !up : true);
      whole.replaceWith(next);
      next.querySelectorAll("th button")[place].focus();
    });
    const order = place === sorted ? { "aria-sort": up ? "ascending" : "descending" } : {};
    return make("th", { scope: "col", ...order }, button);
  });
  const body = rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, digits(cell)))));
  const whole = make("div", { class: "table", tabindex: 0, role: "region",
    "aria-label": "Table, which can be scrolled" }, make("table", {},
    make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)));
  return whole;
}

function pictures(panel) {
  const few = panel.data.length < 4 ? "pictures few" : "pictures";
  return make("div", { class: few }, ...panel.data.map((one) => make("figure", {},
    make("img", { src: one.image, alt: one.label }), make("figcaption", {}, one.label))));
}

function drawAbout() {
  get("methods").hidden = !DATA.methods.length;
  const families = [...new Set(DATA.methods.map((one) => one.family))];
  get("methods").querySelector("div").replaceChildren(...families.flatMap((family) => [
    make("h3", {}, family[0].toUpperCase() + family.slice(1)),
    make("dl", {}, ...DATA.methods.filter((one) => one.family === family).flatMap((one) => [
      make("dt", {}, swatch(one), one.name),
      make("dd", {}, one.about, ...one.references.map((text) => make("p", {}, text)))]))]));
  get("made").querySelector("ul").replaceChildren(...DATA.made.map((text) => make("li", {}, text)));
}

function draw() {
  get("view-title").textContent = words(state.kind);
  get("view-about").textContent = DATA.views[state.kind].about;
  drawViews();
  drawOptions();
  drawPanel();
}

get("save").addEventListener("click", () => {
  const { clientWidth: width, clientHeight: height } = get("panel");
  Plotly.downloadImage(get("panel"), { format: "svg", filename: state.kind, width, height });
});
drawAbout();
draw();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawPanel);
