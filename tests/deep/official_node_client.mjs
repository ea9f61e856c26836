// Calls of the official Node client over all endpoints that it offers here; prints what happened as JSON.
// Arguments: base URL, token. `@hubspot/api-client` is found in the folder that this file was copied to.
import { Client } from "@hubspot/api-client";

const [basePath, accessToken] = process.argv.slice(2);
const client = new Client({ accessToken, basePath, numberOfApiCallRetries: 0 });
const wrong = [];
let calls = 0;

function same(what, got, wanted) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) wrong.push(`${what}: ${a} instead of ${b}`);
}

async function call(what, run, check) {
  calls += 1;
  try {
    const answer = await run();
    if (check) check(answer);
    return answer;
  } catch (error) {
    wrong.push(`${what}: ${error.message ?? error}`);
    return undefined;
  }
}

async function refused(what, run, code, body) {
  calls += 1;
  try {
    await run();
    wrong.push(`${what}: was not refused`);
  } catch (error) {
    same(`${what} (code)`, error.code, code);
    if (!/^[0-9a-f-]{36}$/.test(error.body?.correlationId ?? "")) wrong.push(`${what}: no correlation id`);
    for (const [name, value] of Object.entries(body ?? {})) {
      const got = error.body?.[name];
      if (value instanceof RegExp) {
        if (!value.test(got)) wrong.push(`${what}.${name}: ${got}`);
      } else same(`${what}.${name}`, got, value);
    }
  }
}

const { basicApi, batchApi, searchApi } = client.crm.contacts;
const fields = client.crm.properties.coreApi;
const { basicApi: one, batchApi: many } = client.events.send;
const { eventsApi } = client.events;
const VIEW = "pe12345678_view";
const SYSTEM = new Set(["createdate", "hs_object_id", "lastmodifieddate"]);
const event = (more) => ({ eventName: VIEW, properties: { sku: "a" }, ...more });
const asked = (filters, more) => ({ filterGroups: [{ filters }], properties: ["email"], limit: 10, after: "0", sorts: [], ...more });

// contacts, one by one
const ada = await call("create", () => basicApi.create({ properties: { email: "Ada@Example.org", firstname: "Ada" }, associations: [] }), (answer) => {
  same("create.email", answer.properties.email, "ada@example.org");
  same("create.archived", answer.archived, false);
  same("create.createdAt", answer.createdAt instanceof Date, true);
});
await refused("create twice", () => basicApi.create({ properties: { email: "ada@example.org" }, associations: [] }), 409, {
  category: "CONFLICT", message: `Contact already exists. Existing ID: ${ada.id}`,
});
await refused("create with an unknown property", () => basicApi.create({ properties: { colour: "red" }, associations: [] }), 400, {
  category: "VALIDATION_ERROR", message: /^Property values were not valid: \[\{"isValid":false,"message":"Property \\"colour\\" does not exist"/,
});
await refused("create with no e-mail", () => basicApi.create({ properties: { email: "nobody" }, associations: [] }), 400, { message: /INVALID_EMAIL/ });
await call("get by id", () => basicApi.getById(ada.id), (answer) => {
  same("get.properties", Object.keys(answer.properties).filter((name) => !SYSTEM.has(name)).sort(), ["email", "firstname", "lastname"]);
  same("get.lastname", answer.properties.lastname, null);
});
await call("get by e-mail", () => basicApi.getById("ADA@example.org", ["email"], undefined, undefined, false, "email"), (answer) => same("get by e-mail.id", answer.id, ada.id));
await call("get with history", () => basicApi.getById(ada.id, undefined, ["firstname"]), (answer) => same("history", answer.propertiesWithHistory.firstname[0].value, "Ada"));
await refused("get a stranger", () => basicApi.getById("999999"), 404, { message: "resource not found" });
await refused("get a text", () => basicApi.getById("nobody"), 404, { category: "OBJECT_NOT_FOUND", message: "Object not found.  objectId are usually numeric." });
await call("update", () => basicApi.update(ada.id, { properties: { lastname: "Lovelace" } }), (answer) => same("update.lastname", answer.properties.lastname, "Lovelace"));
await call("update by e-mail", () => basicApi.update("ada@example.org", { properties: { phone: "1" } }, "email"), (answer) => same("update by e-mail.id", answer.id, ada.id));
await refused("update a stranger", () => basicApi.update("nobody@example.org", { properties: { phone: "1" } }, "email"), 404, { message: "resource not found" });
await refused("update nothing", () => basicApi.update(ada.id, { properties: {} }), 400, { message: "No properties found to update, please provide at least one." });
await refused("update what is read-only", () => basicApi.update(ada.id, { properties: { hs_object_id: "5" } }), 400, { message: /READ_ONLY_VALUE/ });
await call("stage forward", () => basicApi.update(ada.id, { properties: { lifecyclestage: "customer" } }), (answer) => same("stage", answer.properties.lifecyclestage, "customer"));
await call("stage backward", () => basicApi.update(ada.id, { properties: { lifecyclestage: "lead" } }), (answer) => same("stage kept", answer.properties.lifecyclestage, "customer"));
const gone = await call("create for the archive", () => basicApi.create({ properties: { email: "gone@example.org" }, associations: [] }));
await call("archive", () => basicApi.archive(gone.id));
await refused("get what is archived", () => basicApi.getById(gone.id), 404);
await call("list", () => basicApi.getPage(1), (answer) => same("list.results", answer.results.length, 1));

// contacts in batches
const input = (id, properties, trace) => ({ id, idProperty: "email", properties, ...(trace ? { objectWriteTraceId: trace } : {}) });
await call("upsert", () => batchApi.upsert({ inputs: [input("ada@example.org", { phone: "2" }), input("bob@example.org", { phone: "3" })] }), (answer) => {
  same("upsert.status", answer.status, "COMPLETE");
  same("upsert.new", answer.results.map((each) => [each.properties.email, each._new ?? each.new]).sort(), [["ada@example.org", false], ["bob@example.org", true]]);
});
await call("upsert, one bad with trace ids", () => batchApi.upsert({ inputs: [input("cy@example.org", { phone: "4" }, "t1"), input("dan@example.org", { colour: "red" }, "t2")] }), (answer) => {
  same("upsert partial", [answer.numErrors, answer.results.length], [1, 1]);
  same("upsert trace", answer.errors[0].context.objectWriteTraceId, ["t2"]);
});
await refused("upsert, one bad without", () => batchApi.upsert({ inputs: [input("eve@example.org", { phone: "5" }), input("fay@example.org", { colour: "red" })] }), 400, { category: "VALIDATION_ERROR" });
await refused("upsert twins", () => batchApi.upsert({ inputs: [input("ada@example.org", {}), input("ada@example.org", {})] }), 400, { message: /^Duplicate IDs found in batch input/ });
await refused("upsert 101", () => batchApi.upsert({ inputs: Array.from({ length: 101 }, (_, number) => input(`p${number}@example.org`, {})) }), 400, { message: /^The maximum number of inputs supported in a batch is 100/ });
const made = await call("batch create", () => batchApi.create({ inputs: [{ properties: { email: "gil@example.org" }, associations: [] }, { properties: { email: "hal@example.org" }, associations: [] }] }), (answer) => same("batch create", answer.results.length, 2));
await refused("batch create of one that is there", () => batchApi.create({ inputs: [{ properties: { email: "gil@example.org" }, associations: [] }] }), 409, { category: "CONFLICT" });
await call("batch read", () => batchApi.read({ inputs: [{ id: ada.id }, { id: "999999" }], properties: ["email"], propertiesWithHistory: [] }), (answer) => {
  same("batch read.results", answer.results.map((each) => each.id), [ada.id]);
  same("batch read.errors", answer.errors[0].context.ids, ["999999"]);
});
await call("batch read by e-mail", () => batchApi.read({ inputs: [{ id: "bob@example.org" }], idProperty: "email", properties: ["phone"], propertiesWithHistory: [] }), (answer) => same("batch read by e-mail", answer.results[0].properties.phone, "3"));
await call("batch update", () => batchApi.update({ inputs: [{ id: ada.id, properties: { phone: "6" } }] }), (answer) => same("batch update", answer.results[0].properties.phone, "6"));
await call("batch archive", () => batchApi.archive({ inputs: made.results.map((each) => ({ id: each.id })) }));

// search
await call("search", () => searchApi.doSearch(asked([{ propertyName: "email", operator: "EQ", value: "ada@example.org" }])), (answer) => same("search", [answer.total, answer.results[0].id], [1, ada.id]));
await call("search by words", () => searchApi.doSearch(asked([], { filterGroups: [], query: "lovelace" })), (answer) => same("search by words", answer.total, 1));
await call("search in a list", () => searchApi.doSearch(asked([{ propertyName: "email", operator: "IN", values: ["bob@example.org", "cy@example.org"] }])), (answer) => same("search in", answer.total, 2));
await call("search page", () => searchApi.doSearch(asked([{ propertyName: "email", operator: "HAS_PROPERTY" }], { limit: 1 })), (answer) => same("search.after", answer.paging.next.after, "1"));
await refused("search 201", () => searchApi.doSearch(asked([], { filterGroups: [], limit: 201 })), 400);

// contact properties
await call("list properties", () => fields.getAll("contacts"), (answer) => same("lifecyclestage", answer.results.some((each) => each.name === "lifecyclestage" && each.options.length > 3), true));
await call("create property", () => fields.create("contacts", { name: "plan", label: "Plan", type: "string", fieldType: "text", groupName: "contactinformation" }), (answer) => same("plan", [answer.name, answer.type], ["plan", "string"]));
await refused("create property twice", () => fields.create("contacts", { name: "plan", label: "Plan", type: "string", fieldType: "text", groupName: "contactinformation" }), 409, { category: "CONFLICT" });
await call("get property", () => fields.getByName("contacts", "plan"), (answer) => same("plan.label", answer.label, "Plan"));
await refused("get an unknown property", () => fields.getByName("contacts", "nothing"), 404);

// events
await call("send", () => one.send(event({ email: "ada@example.org", uuid: "u-1", occurredAt: new Date("2026-01-01T00:00:00Z") })));
await call("send again", () => one.send(event({ email: "ada@example.org", uuid: "u-1" })));
await call("send to an object", () => one.send(event({ objectId: ada.id })));
await refused("send an unknown event", () => one.send(event({ eventName: "pe12345678_nothing", email: "ada@example.org" })), 400, { message: "Event with fully qualified name pe12345678_nothing does not exist." });
await refused("send for nobody", () => one.send(event({})), 400);
await refused("send an unknown property", () => one.send(event({ email: "ada@example.org", properties: { nothing: "1" } })), 400, { message: 'Property "nothing" does not exist' });
await call("send a batch", () => many.send({ inputs: Array.from({ length: 500 }, (_, number) => event({ email: "ada@example.org", uuid: `b-${number}` })) }));
await refused("send 501", () => many.send({ inputs: Array.from({ length: 501 }, () => event({ email: "ada@example.org" })) }), 400, { message: /^The maximum number of inputs supported in a batch is 500/ });
await refused("send a batch with a bad one", () => many.send({ inputs: [event({ email: "ada@example.org" }), event({ eventName: "pe1_x", email: "ada@example.org" })] }), 400);
// objectType, eventType, after, before, limit, sort, occurredAfter, occurredBefore, objectId
const page = ["contact", VIEW, undefined, undefined, 100, undefined, undefined, undefined, Number(ada.id)];
await call("read events", () => eventsApi.getPage(...page), (answer) => {
  same("read.eventType", answer.results[0].eventType, VIEW);
  same("read.results", answer.results.length, 100);
  same("read.paging", answer.paging.next.after, "100");
});
await call("event types", () => eventsApi.getTypes(), (answer) => same("event types", answer.eventTypes, [VIEW]));

// the token
await call("token info", () => client.oauth.accessTokensApi.get(accessToken), (answer) => same("token info", [answer.hubId, answer.token], [12345678, accessToken]));
await refused("unknown token", () => client.oauth.accessTokensApi.get("nothing"), 401);
const stranger = new Client({ accessToken: "pat-na1-unknown", basePath, numberOfApiCallRetries: 0 });
await refused("another token", () => stranger.crm.contacts.basicApi.getById(ada.id), 401, { category: "INVALID_AUTHENTICATION" });
const direct = await client.apiRequest({ method: "POST", path: "/events/v3/event-definitions", body: { label: "Order", name: "order", propertyDefinitions: [] } });
calls += 1;
same("apiRequest", direct.status, 201);

const { default: about } = await import("@hubspot/api-client/package.json", { with: { type: "json" } });
console.log(JSON.stringify({ calls, wrong, version: about.version }));
