// New journal entries arrive as server-sent events; text is set, never parsed as HTML.
const body = document.querySelector("#journal tbody");
if (body) {
  const columns = ["number", "method", "target", "status", "decision", "rule", "fault", "ms"];
  const most = 100;
  const live = document.querySelector("#live");
  const cell = (entry, column) => {
    if (column === "decision" && entry.delivery !== "answered") return `${entry.decision} — ${entry.delivery}`;
    if (column === "status") return entry.status || "-";
    return entry[column === "ms" ? "milliseconds" : column] ?? "";
  };
  // What came between the page and the stream is told, too.
  const newest = body.rows.length ? body.rows[0].cells[0].textContent : "0";
  const stream = new EventSource(`/_simulator/stream?brief=true&after=${newest}`);
  stream.onopen = () => (live.textContent = "");
  stream.onerror = () => (live.textContent = "The server does not answer; this page waits for it.");
  stream.onmessage = (message) => {
    const entry = JSON.parse(message.data);
    const row = document.createElement("tr");
    row.className = entry.good ? "good" : "bad";
    for (const column of columns) row.insertCell().textContent = cell(entry, column);
    body.prepend(row);
    while (body.rows.length > most) body.lastChild.remove();
  };
}
