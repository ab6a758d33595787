/** The status page: no external request, no inline script or style, works with a keyboard and a screen reader, light and dark. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Auto-scaler</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script src="page.js" defer></script>
</head>
<body>
<header><h1>Auto-scaler</h1><p id="state" role="status" aria-live="polite">Loading</p></header>
<main>
<ul id="problems" aria-label="Problems" hidden></ul>
<section aria-labelledby="services-title"><h2 id="services-title">Services</h2><div id="services"></div></section>
<section aria-labelledby="access-title"><h2 id="access-title">Pausing</h2>
<label for="token">API token</label> <input id="token" type="password" autocomplete="off">
<p id="answer" role="status" aria-live="polite"></p></section>
</main>
</body>
</html>
`;

export const STYLE = `:root { color-scheme: light dark; --line: #1a5fb4; --soft: #5e5c64; --edge: #c0bfbc; --back: #ffffff; --text: #1c1b1f; --bad: #a51d2d; }
@media (prefers-color-scheme: dark) { :root { --line: #99c1f1; --soft: #c0bfbc; --edge: #5e5c64; --back: #1c1b1f; --text: #f6f5f4; --bad: #ff9b9b; } }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; background: var(--back); color: var(--text); }
article { border: 1px solid var(--edge); border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
h3 { margin: 0; } svg { width: 100%; height: 8rem; } .soft { color: var(--soft); } #problems { color: var(--bad); }
polyline { fill: none; stroke: var(--line); stroke-width: 2; vector-effect: non-scaling-stroke; } .limit { stroke: var(--soft); stroke-dasharray: 4 4; }
.load { stroke: var(--soft); stroke-width: 1; } table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .25rem .5rem; border-bottom: 1px solid var(--edge); }
button, input { font: inherit; padding: .3rem .8rem; } :focus-visible { outline: 3px solid var(--line); outline-offset: 2px; }
`;

/** Names and reasons come from labels and servers, so everything is set as text, never as markup. */
export const SCRIPT = `"use strict";
const byId = (id) => document.getElementById(id);
const make = (name, text, attributes = {}) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};
const shape = (name, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};
function line(values, top, css) {
  const step = 100 / Math.max(1, values.length - 1);
  const points = values.map((value, i) => (i * step).toFixed(2) + "," + (100 - (value / top) * 95).toFixed(2)).join(" ");
  return shape("polyline", { points, class: css });
}
function legend(points) {
  const last = points[points.length - 1];
  const minutes = Math.round((last.time - points[0].time) / 60);
  return make("p", "The last " + minutes + " minutes. Thick: replicas. Dashed: their limits. Thin: load" + (last.load === undefined ? ", of which there is no data now." : " (" + last.signal + ", now " + Number(last.load.toPrecision(3)) + ")."), { class: "soft" });
}
function chart(service, points) {
  const svg = shape("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", role: "img" });
  const last = points[points.length - 1];
  svg.setAttribute("aria-label", service.name + ": " + last.desired + " replicas, between " + service.min + " and " + service.max);
  const top = Math.max(service.max, ...points.map((p) => p.desired));
  svg.append(line(points.map((p) => p.max), top, "limit"), line(points.map((p) => p.min), top, "limit"));
  let load = 0;
  const loads = points.map((p) => (load = p.load === undefined ? load : p.load));
  const most = Math.max(...loads, 1e-9);
  if (loads.some((load) => load > 0)) svg.append(line(loads, most, "load"));
  svg.append(line(points.map((p) => p.desired), top, ""));
  return svg;
}
async function change(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "content-type": "application/json", authorization: "Bearer " + byId("token").value }, body: JSON.stringify(body) });
  const answer = await response.json();
  byId("answer").textContent = response.ok ? "Done." : answer.error;
}
function button(text, label, act) {
  const element = make("button", text, { type: "button", "aria-label": label, "data-key": label });
  element.addEventListener("click", () => act().catch((error) => { byId("answer").textContent = String(error); }));
  return element;
}
function votes(decision) {
  const table = make("table");
  const head = make("tr");
  for (const title of ["Signal", "Value", "Replicas", "Why"]) head.append(make("th", title, { scope: "col" }));
  table.append(make("caption", "Signals"), head);
  for (const vote of decision.votes) {
    const row = make("tr");
    row.append(make("th", vote.signal, { scope: "row" }), make("td", vote.value === undefined ? "no data" : String(Number(vote.value.toPrecision(3)))), make("td", String(vote.count)), make("td", vote.reason));
    table.append(row);
  }
  return table;
}
async function show(service) {
  const path = "api/services/" + encodeURIComponent(service.name);
  const [points, log] = await Promise.all(["/history", "/decisions"].map(async (part) => (await fetch(path + part)).json()));
  const article = make("article");
  article.append(make("h3", service.name), make("p", service.desired + " replicas, " + service.ready + " ready, " + service.min + " to " + service.max + ". " + service.decision.reason));
  if (points.length > 0) article.append(chart(service, points), legend(points));
  article.append(votes(service.decision));
  const details = make("details", undefined, { "data-service": service.name });
  details.append(make("summary", "Decisions of " + service.name, { "data-key": "decisions " + service.name }));
  const list = make("ol", undefined, { reversed: "" });
  for (const entry of log.slice(-30).reverse()) list.append(make("li", new Date(entry.time * 1000).toISOString() + " " + entry.from + " to " + entry.to + ": " + entry.reason));
  details.append(list);
  const paused = service.pausedUntil !== undefined;
  article.append(details, paused ? button("Resume", "Resume: scaling of " + service.name, () => change("api/resume", { service: service.name })) : button("Pause 1 hour", "Pause 1 hour: scaling of " + service.name, () => change("api/pause", { service: service.name, seconds: 3600, by: "the status page" })));
  return article;
}
async function refresh() {
  try {
    const status = await (await fetch("api/status")).json();
    const focused = document.activeElement && document.activeElement.getAttribute("data-key");
    const open = new Set([...document.querySelectorAll("details[open]")].map((element) => element.getAttribute("data-service")));
    const articles = await Promise.all(status.services.map(show));
    byId("services").replaceChildren(...(articles.length ? articles : [make("p", "No service is labelled autoscaler.enable=true.")]));
    for (const element of document.querySelectorAll("details")) if (open.has(element.getAttribute("data-service"))) element.open = true;
    if (focused) for (const element of document.querySelectorAll("[data-key]")) if (element.getAttribute("data-key") === focused) element.focus();
    const problems = byId("problems");
    problems.replaceChildren(...status.problems.map((text) => make("li", text)));
    problems.hidden = status.problems.length === 0;
    const text = status.services.length + " services, " + status.problems.length + " problems";
    if (byId("state").textContent !== text) byId("state").textContent = text;
  } catch {
    byId("state").textContent = "The auto-scaler does not answer";
  }
}
void refresh();
setInterval(refresh, 5000);
`;
