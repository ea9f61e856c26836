// New journal entries arrive as server-sent events and are inserted as text, never as HTML.
const body = document.querySelector("#journal tbody");
if (body) {
  const columns = ["number", "method", "target", "status", "decision", "rule", "fault", "ms"];
  const maxRows = 100;
  const live = document.querySelector("#live");
  const cell = (entry, column) => {
    if (column === "decision" && entry.delivery !== "answered") return `${entry.decision} — ${entry.delivery}`;
    if (column === "status") return entry.status || "-";
    return entry[column === "ms" ? "milliseconds" : column] ?? "";
  };
  // Start after the newest row, so that entries recorded since the page was rendered arrive too.
  const newest = body.rows.length ? body.rows[0].cells[0].textContent : "0";
  const stream = new EventSource(`/_simulator/stream?brief=true&after=${newest}`);
  stream.onopen = () => (live.textContent = "");
  stream.onerror = () => (live.textContent = "The server does not answer; reconnecting.");
  stream.onmessage = (message) => {
    const entry = JSON.parse(message.data);
    const row = document.createElement("tr");
    row.className = entry.good ? "good" : "bad";
    for (const column of columns) row.insertCell().textContent = cell(entry, column);
    body.prepend(row);
    while (body.rows.length > maxRows) body.lastChild.remove();
  };
}
