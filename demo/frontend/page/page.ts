/** A run as `GET /api/runs` answers it. */
interface Run {
  id: string;
  name: string;
  status: string;
  created_at: string;
}

/** What the WebSocket says. */
type ServerMessage = { type: "hello"; replica: string } | { type: "echo"; replica: string; message: string };

/** Messages kept on the page. */
const ECHOES = 20;
/** Milliseconds between two looks at the list while a run is unfinished, and otherwise. */
const REFRESH = { busy: 1000, idle: 10_000 };

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

const connection = element("connection", HTMLElement);
const problem = element("problem", HTMLElement);
const rows = element("runs", HTMLElement);
const empty = element("empty", HTMLElement);
const echoes = element("echoes", HTMLElement);
const replica = element("replica", HTMLElement);

/** Asks the API and shows what went wrong, if anything did. */
async function api<T>(path: string, body?: unknown): Promise<T | undefined> {
  try {
    const response = await fetch(path, {
      headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(String((answer as { error?: unknown }).error ?? `status ${response.status}`));
    problem.hidden = true;
    return answer as T;
  } catch (error) {
    problem.textContent = `The API did not answer as it should: ${error instanceof Error ? error.message : String(error)}`;
    problem.hidden = false;
    return undefined;
  }
}

let refreshTimer: number | undefined;

async function refresh(): Promise<void> {
  clearTimeout(refreshTimer);
  const answer = await api<{ runs: Run[] }>("/api/runs?limit=20");
  if (answer !== undefined) show(answer.runs);
  const busy = answer?.runs.some(({ status }) => status !== "passed") ?? false;
  refreshTimer = window.setTimeout(() => void refresh(), busy ? REFRESH.busy : REFRESH.idle);
}

function show(runs: Run[]): void {
  empty.hidden = runs.length > 0;
  rows.replaceChildren(
    ...runs.map((run) => {
      const row = document.createElement("tr");
      for (const text of [run.id, run.name, run.status, new Date(run.created_at).toLocaleString()]) {
        const cell = row.insertCell();
        cell.textContent = text;
      }
      row.cells[2]?.classList.add(run.status);
      return row;
    }),
  );
}

/** Handles a form: its button rests while the work is done. */
function onSubmit(id: string, work: (text: string) => Promise<boolean>): void {
  const form = element(id, HTMLFormElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const input = form.querySelector("input");
    const button = form.querySelector("button");
    const text = input?.value.trim();
    if (!input || !button || !text) return;
    button.disabled = true;
    void work(text).then((done) => {
      button.disabled = false;
      if (done) input.value = "";
      input.focus();
    });
  });
}

onSubmit("create", async (name) => {
  const run = await api<Run>("/api/runs", { name });
  if (run === undefined) return false;
  await api("/api/jobs", { runId: run.id, milliseconds: 2000 });
  await refresh();
  return true;
});

let socket: WebSocket | undefined;
let failures = 0;

/** Connects, and connects again with exponential backoff whenever the replica goes away. */
function connect(): void {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.addEventListener("open", () => {
    failures = 0;
    connection.textContent = "connected";
    connection.className = "state open";
  });
  socket.addEventListener("message", (event) => {
    const message = JSON.parse(String(event.data)) as ServerMessage;
    replica.textContent = message.replica;
    if (message.type === "echo") showEcho(message.message, message.replica);
  });
  socket.addEventListener("close", () => {
    failures += 1;
    connection.textContent = "reconnecting…";
    connection.className = "state closed";
    window.setTimeout(connect, Math.min(10_000, 250 * 2 ** Math.min(failures - 1, 10)) * (0.5 + Math.random() / 2));
  });
}

function showEcho(text: string, from: string): void {
  const item = document.createElement("li");
  item.textContent = text;
  const origin = document.createElement("span");
  origin.className = "replica";
  origin.textContent = `echoed by ${from}`;
  item.append(origin);
  echoes.prepend(item);
  while (echoes.childElementCount > ECHOES) echoes.lastElementChild?.remove();
}

onSubmit("echo", (text) => {
  if (socket?.readyState !== WebSocket.OPEN) return Promise.resolve(false);
  socket.send(text);
  return Promise.resolve(true);
});

void refresh();
connect();
