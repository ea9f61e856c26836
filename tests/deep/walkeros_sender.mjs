// Sends events with walkerOS' own senders: its collector with the server's API destination, and the web's `sendWeb`.
import { createRequire } from "node:module";

const [, , folder, url] = process.argv;
const load = createRequire(folder + "/");
const { startFlow } = load("@walkeros/collector");
const { destinationAPI } = load("@walkeros/server-destination-api");
const { sendWeb } = load("@walkeros/web-core");

const { collector, elb } = await startFlow({
  run: true,
  consent: { marketing: true },
  user: { id: "w4lk3r", email: "walker@example.com" },
  destinations: { api: { code: destinationAPI, config: { settings: { url } } } },
});
await collector.push({ name: "page view", data: { title: "From walkerOS" } });
await collector.push({ name: "order complete", data: { id: "w1", total: 42 }, nested: [{ entity: "product", data: { id: "p" } }] });
const web = { name: "form submit", data: { type: "contact" }, user: { email: "web@example.com" }, consent: { marketing: true } };
const answer = await sendWeb(url, JSON.stringify(web), { transport: "fetch" });
console.log(JSON.stringify(answer));
process.exit(0);
