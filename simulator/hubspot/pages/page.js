// New journal entries arrive as server-sent events; text is set, never parsed as HTML.
const body = document.querySelector("#journal tbody");
function colour(row) {
  const status = Number(row.cells[3].textContent);
  row.className = status >= 200 && status < 400 ? "good" : "bad";
}
if (body) {
  for (const row of body.rows) colour(row);
  const columns = ["number", "method", "target", "status", "decision", "rule", "fault", "milliseconds"];
  const stream = new EventSource("/_simulator/stream");
  stream.onmessage = (message) => {
    const entry = JSON.parse(message.data);
    const row = document.createElement("tr");
    for (const column of columns) row.insertCell().textContent = entry[column] ?? "";
    colour(row);
    body.prepend(row);
    while (body.rows.length > 100) body.lastChild.remove();
  };
}
