// A working day of HubSpot's official Node client against the fake HubSpot.
// Arguments: folder with node_modules, address, token, a second token that may only read contacts.
// Prints one JSON line a call: its name, and what came back or which exception with what in it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [folder, basePath, accessToken, readerToken] = process.argv.slice(2);
const { Client } = createRequire(folder + "/")("@hubspot/api-client");
const client = new Client({ accessToken, basePath });
const contacts = client.crm.contacts;
const VIEW = "pe12345678_view";
const INVALID = "VALIDATION_ERROR";
const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const tell = (line) => console.log(JSON.stringify(line));
const plain = (value) => JSON.parse(JSON.stringify(value ?? null));

// A call that succeeds.
const ok = async (name, call) => {
  let result;
  try {
    result = await call();
  } catch (error) {
    throw new Error(`${name} failed: ${error.message}`);
  }
  tell({ name, result: plain(result) });
  return result;
};

// A call that HubSpot refuses: the client's ApiException, its body parsed, the envelope whole.
const refused = async (name, code, category, message, call) => {
  const error = await call().then(
    () => assert.fail(`${name} was not refused`),
    (caught) => caught,
  );
  assert.equal(error.constructor.name, "ApiException", `${name}: ${error.stack}`);
  assert.equal(error.code, code, name);
  assert.equal(typeof error.body, "object", name);
  assert.equal(error.body.status ?? "error", "error", name);
  assert.equal(error.body.category, category, name);
  assert.ok(error.body.message.includes(message), `${name}: ${error.body.message}`);
  assert.match(error.body.correlationId, UUID7, name);
  assert.equal(error.headers["x-hubspot-correlation-id"], error.body.correlationId, name);
  assert.equal(error.headers["content-type"], "application/json;charset=utf-8", name);
  tell({ name, code, body: plain(error.body) });
  return error.body;
};

// What the client has no module for goes through its own `apiRequest`.
const raw = async (method, path, body, qs) => {
  const answer = await client.apiRequest({ method, path, body, qs });
  const text = await answer.text();
  tell({ name: `${method} ${path}`, status: answer.status });
  return [answer.status, text ? JSON.parse(text) : null];
};

const whoAmI = async () => {
  const told = await ok("token", () => client.oauth.accessTokensApi.get(accessToken));
  assert.deepEqual([told.hubId, told.token, told.tokenType], [12345678, accessToken, "access"]);
  assert.ok(told.scopes.includes("crm.objects.contacts.write"));
  for (const each of [told.appId, told.userId, told.expiresIn]) assert.equal(typeof each, "number");
  for (const each of [told.user, told.hubDomain]) assert.equal(typeof each, "string");
  await refused("unknown token", 401, "INVALID_AUTHENTICATION", "credentials not found", () =>
    client.oauth.accessTokensApi.get("pat-na1-no"),
  );
  const [status, details] = await raw("GET", "/account-info/v3/details");
  assert.deepEqual([status, details.portalId], [200, 12345678]);
  const body = { tokenKey: accessToken };
  const [, info] = await raw("POST", "/oauth/v2/private-apps/get/access-token-info", body);
  assert.deepEqual(Object.keys(info).sort(), ["appId", "hubId", "scopes", "userId"]);
  const [, usage] = await raw("GET", "/account-info/v3/api-usage/daily/private-apps");
  assert.equal(usage.results[0].fetchStatus, "SUCCESS");
};

const definitions = async () => {
  const path = "/events/v3/event-definitions";
  const definition = {
    label: "View",
    name: "view",
    propertyDefinitions: [
      { label: "SKU", name: "sku", type: "string" },
      { label: "Total", name: "total", type: "number" },
    ],
    includeDefaultProperties: true,
    description: null,
  };
  const [status, made] = await raw("POST", path, definition);
  assert.deepEqual([status, made.fullyQualifiedName, made.properties.length], [201, VIEW, 34]);
  assert.equal((await raw("POST", path, definition))[0], 409);
  assert.equal((await raw("GET", `${path}/view/`, undefined, { includeProperties: "true" }))[0], 200);
  assert.equal((await raw("PATCH", `${path}/${VIEW}`, { label: "Seen" }))[1].labels.singular, "Seen");
  assert.equal((await raw("POST", `${path}/view/property`, { label: "Shade", type: "string" }))[0], 201);
  assert.equal((await raw("PATCH", `${path}/view/property/shade`, { label: "Tone" }))[1].label, "Tone");
  assert.equal((await raw("DELETE", `${path}/view/property/shade`))[0], 204);
  assert.equal((await raw("GET", path, undefined, { limit: "1" }))[1].total, 1);
  const [unknown, error] = await raw("GET", `${path}/nothing`);
  assert.equal(unknown, 400);
  assert.ok(error.message.startsWith("StandardError{status=error, category=VALIDATION_ERROR"));
};

const properties = async () => {
  const api = client.crm.properties.coreApi;
  const option = (value, displayOrder) => ({ label: value, value, displayOrder, hidden: false });
  const wanted = {
    name: "plan",
    label: "Plan",
    type: "enumeration",
    fieldType: "radio",
    groupName: "contactinformation",
    options: [option("free", 0), option("pro", 1)],
  };
  const made = await ok("property created", () => api.create("contacts", wanted));
  assert.deepEqual([made.name, made.type, made.fieldType, made.hubspotDefined], ["plan", "enumeration", "radio", false]);
  await refused("property taken", 409, "CONFLICT", "plan", () => api.create("contacts", wanted));
  const all = await ok("properties", () => api.getAll("contacts"));
  const byName = Object.fromEntries(all.results.map((each) => [each.name, each]));
  assert.ok(byName.hubspot_owner_id && byName.plan);
  assert.equal(byName.createdate.modificationMetadata.readOnlyValue, true);
  assert.deepEqual((await ok("archived properties", () => api.getAll("contacts", true))).results, []);
  assert.equal((await ok("property", () => api.getByName("contacts", "email"))).hasUniqueValue, true);
  await refused("no property", 404, "OBJECT_NOT_FOUND", "does not exist", () => api.getByName("contacts", "nothing"));
};

const single = async () => {
  const api = contacts.basicApi;
  const wanted = { properties: { email: "Ada@Example.org", firstname: "Ada", plan: "free" }, associations: [] };
  const created = await ok("created", () => api.createWithHttpInfo(wanted));
  assert.equal(created.httpStatusCode, 201);
  const ada = created.data;
  assert.equal(ada.properties.email, "ada@example.org");
  assert.equal(ada.properties.lifecyclestage, "lead");
  assert.ok(ada.createdAt instanceof Date);
  assert.equal(ada.archived, false);
  await refused("taken", 409, "CONFLICT", `Contact already exists. Existing ID: ${ada.id}`, () => api.create(wanted));
  const plus = await ok("second", () => api.create({ properties: { email: "jo+tag@ex.com" }, associations: [] }));
  const read = await ok("read", () => api.getById(ada.id, ["plan", "fax", "no_such"], ["plan"]));
  assert.equal(read.properties.fax, null);
  assert.ok(!("no_such" in read.properties));
  assert.equal(read.propertiesWithHistory.plan[0].value, "free");
  const byEmail = await ok("by email", () =>
    api.getById("ADA@example.org", undefined, undefined, undefined, undefined, "email"),
  );
  assert.equal(byEmail.id, ada.id);
  await refused("stranger", 404, undefined, "resource not found", () => api.getById("999999"));
  const body = await refused("no number", 404, "OBJECT_NOT_FOUND", "Object not found.  objectId", () => api.getById("ada"));
  assert.deepEqual(body.context, { id: ["ada"] });
  const change = { properties: { phone: "1", plan: "pro" } };
  const changed = await ok("updated", () => api.update("jo+tag@ex.com", change, "email"));
  assert.deepEqual([changed.id, changed.properties.phone], [plus.id, "1"]);
  const cleared = await ok("cleared", () => api.update(plus.id, { properties: { phone: "" } }));
  assert.ok(!("phone" in cleared.properties));
  const back = await ok("stage back", () => api.update(ada.id, { properties: { lifecyclestage: "subscriber" } }));
  assert.equal(back.properties.lifecyclestage, "lead");
  await refused("update a stranger", 404, undefined, "resource not found", () => api.update("no@x.org", change, "email"));
  await refused("nothing to update", 400, INVALID, "No properties found", () => api.update(ada.id, { properties: {} }));
  const wrong = { nope: "x", email: "nobody", plan: "gold", createdate: "2026-01-01" };
  const told = await refused("wrong values", 400, INVALID, "Property values were not valid: [", () =>
    api.update(ada.id, { properties: wrong }),
  );
  const codes = ["PROPERTY_DOESNT_EXIST", "INVALID_EMAIL", "INVALID_OPTION", "READ_ONLY_VALUE"];
  assert.deepEqual(told.errors.map((each) => each.code), codes);
  return [ada, plus];
};

const listed = async (ada, plus) => {
  const page = await ok("page", () => contacts.basicApi.getPage(1, undefined, ["plan"]));
  assert.deepEqual([page.results[0].id, page.paging.next.after], [ada.id, ada.id]);
  const rest = await ok("next page", () => contacts.basicApi.getPage(1, page.paging.next.after));
  assert.deepEqual([rest.results[0].id, rest.paging], [plus.id, undefined]);
  await refused("page too long", 400, INVALID, "limit", () => contacts.basicApi.getPage(101));
  const filter = { propertyName: "email", operator: "EQ", value: "ada@example.org" };
  const query = { filterGroups: [{ filters: [filter] }], properties: ["plan"], limit: 200, sorts: ["createdate"] };
  const found = await ok("search", () => contacts.searchApi.doSearch(query));
  assert.deepEqual([found.total, found.results[0].properties.plan], [1, "free"]);
  assert.equal((await ok("search page", () => contacts.searchApi.doSearch({ limit: 1 }))).paging.next.after, "1");
  await refused("search too long", 400, INVALID, "limit", () => contacts.searchApi.doSearch({ limit: 201 }));
};

const batches = async (ada, plus) => {
  const api = contacts.batchApi;
  const reading = (ids, more = {}) => ({ inputs: ids.map((id) => ({ id })), properties: ["plan"], propertiesWithHistory: [], ...more });
  const all = await ok("batch read", () => api.readWithHttpInfo(reading([ada.id, plus.id])));
  assert.deepEqual([all.httpStatusCode, all.data.status, all.data.results.length], [200, "COMPLETE", 2]);
  assert.ok(all.data.startedAt instanceof Date);
  const some = await ok("batch read, one missing", () =>
    api.readWithHttpInfo(reading(["ada@example.org", "no@x.org"], { idProperty: "email" })),
  );
  assert.deepEqual([some.httpStatusCode, some.data.numErrors], [207, 1]);
  assert.deepEqual(some.data.errors[0].context, { ids: ["no@x.org"] });
  assert.equal(some.data.errors[0].category, "OBJECT_NOT_FOUND");
  const numbers = (count) => [...Array(count).keys()].map(String);
  await refused("batch of 101", 400, INVALID, "in a batch is 100", () => api.read(reading(numbers(101))));
  const history = reading(numbers(51), { propertiesWithHistory: ["plan"] });
  await refused("history of 51", 400, INVALID, "property histories is 50", () => api.read(history));
  const inputs = ["b1@x.org", "b2@x.org"].map((email) => ({ properties: { email }, associations: [] }));
  const made = await ok("batch create", () => api.createWithHttpInfo({ inputs }));
  assert.deepEqual([made.httpStatusCode, made.data.results.length], [201, 2]);
  const change = made.data.results.map(({ id }) => ({ id, properties: { plan: "pro" } }));
  assert.equal((await ok("batch update", () => api.update({ inputs: change }))).results[0].properties.plan, "pro");
  const stranger = [{ id: "999999", properties: { plan: "pro" } }];
  assert.equal((await ok("batch update, missing", () => api.update({ inputs: stranger }))).numErrors, 1);
  await refused("twice", 400, INVALID, "Duplicate IDs found", () => api.update({ inputs: [change[0], change[0]] }));
  const archived = await ok("batch archive", () => api.archiveWithHttpInfo({ inputs: change.map(({ id }) => ({ id })) }));
  assert.equal(archived.httpStatusCode, 204);
  const gone = await ok("batch read archived", () => api.read(reading([change[0].id]), true));
  assert.equal(gone.results[0].archived, true);
};

const upserts = async () => {
  const api = contacts.batchApi;
  const one = (id, objectWriteTraceId, plan) => ({ id, idProperty: "email", objectWriteTraceId, properties: { plan } });
  const done = await ok("upsert", () =>
    api.upsertWithHttpInfo({ inputs: [one("ADA@example.org", undefined, "pro"), one("New@x.org", undefined, "free")] }),
  );
  assert.equal(done.httpStatusCode, 200);
  const isNew = Object.fromEntries(done.data.results.map((each) => [each.properties.email, each._new]));
  assert.deepEqual(isNew, { "new@x.org": true, "ada@example.org": false });
  const mixed = await ok("upsert, one bad", () =>
    api.upsertWithHttpInfo({ inputs: [one("ok@x.org", "t1", "pro"), one("bad@x.org", "t2", "gold")] }),
  );
  assert.equal(mixed.httpStatusCode, 207);
  assert.deepEqual(mixed.data.errors.map((each) => each.context), [{ objectWriteTraceId: ["t2"] }]);
  const bad = { inputs: [one("ok2@x.org", undefined, "pro"), one("bad@x.org", undefined, "gold")] };
  await refused("upsert, all or nothing", 400, INVALID, "not valid", () => api.upsert(bad));
  const twice = { inputs: [one("a@b.cc", undefined, "pro"), one("A@b.cc", undefined, "pro")] };
  await refused("upsert twice", 400, INVALID, "Duplicate IDs", () => api.upsert(twice));
  const phone = { inputs: [{ id: "1", idProperty: "phone", properties: {} }] };
  await refused("upsert by phone", 400, INVALID, "non-unique 0-1 property phone", () => api.upsert(phone));
};

const sends = async () => {
  const { basicApi, batchApi } = client.events.send;
  const event = (more) => ({ eventName: VIEW, email: "ada@example.org", properties: { sku: "a" }, ...more });
  const first = event({ uuid: "u1", occurredAt: new Date("2026-01-02T03:04:05.678Z") });
  assert.equal((await ok("send", () => basicApi.sendWithHttpInfo(first))).httpStatusCode, 204);
  assert.equal(await ok("send again", () => basicApi.send(first)), undefined);
  const second = event({ uuid: "u2", utk: null, objectId: null, properties: { total: 2.5, sku: null } });
  assert.equal(await ok("send with nulls", () => basicApi.send(second)), undefined);
  const inputs = [...Array(500).keys()].map((number) => event({ uuid: `b${number}` }));
  assert.equal((await ok("send 500", () => batchApi.sendWithHttpInfo({ inputs }))).httpStatusCode, 204);
  await refused("send 501", 400, INVALID, "in a batch is 500", () => batchApi.send({ inputs: [...inputs, event({})] }));
  await assert.rejects(basicApi.send(event({ occurredAt: "2026-01-02T03:04:05.678Z" })), /toISOString/);
  await refused("no name", 400, INVALID, "[eventName]", () => basicApi.send(event({ eventName: undefined })));
  await refused("other portal", 400, INVALID, "pe1_view does not exist", () => basicApi.send(event({ eventName: "pe1_view" })));
  await refused("nobody", 400, INVALID, "email, utk or objectId", () => basicApi.send(event({ email: undefined })));
  await refused("no such property", 400, INVALID, '"colour" does not exist', () =>
    basicApi.send(event({ properties: { colour: "red" } })),
  );
};

const readsBack = async (ada) => {
  const api = client.events.eventsApi;
  const by = (after, before, limit) =>
    api.getPage("contact", VIEW, after, before, limit, ["occurredAt"], undefined, undefined, Number(ada.id));
  const page = await ok("events", () => by(undefined, undefined, 2));
  const { id, eventType, objectType, objectId, occurredAt } = page.results[0];
  assert.deepEqual([id, eventType, objectType, objectId], ["u1", VIEW, "CONTACT", ada.id]);
  assert.deepEqual(page.results[0].properties, { sku: "a" });
  assert.equal(occurredAt.toISOString(), "2026-01-02T03:04:05.678Z");
  assert.equal(page.paging.prev, undefined);
  const next = await ok("events after", () => by(decodeURIComponent(page.paging.next.after), undefined, 2));
  const again = await ok("events before", () => by(undefined, decodeURIComponent(next.paging.prev.before), 2));
  assert.equal(again.results[0].id, "u1");
  assert.deepEqual((await ok("event types", () => api.getTypes())).eventTypes, [VIEW]);
  const [, found] = await raw("GET", "/events/v3/events", undefined, { "property.total": "2.5" });
  assert.deepEqual(found.results.map((each) => each.id), ["u2"]);
};

const archives = async (ada) => {
  const api = contacts.basicApi;
  assert.equal((await ok("archive", () => api.archiveWithHttpInfo(ada.id))).httpStatusCode, 204);
  await refused("archived", 404, undefined, "resource not found", () => api.getById(ada.id));
  const gone = await ok("read archived", () => api.getById(ada.id, undefined, undefined, undefined, true));
  assert.ok(gone.archived && gone.archivedAt instanceof Date);
  const page = await ok("page of archived", () => api.getPage(100, undefined, undefined, undefined, undefined, true));
  assert.ok(page.results.some((each) => each.id === ada.id));
};

const wrongTokens = async () => {
  const withToken = (token) => new Client({ accessToken: token, basePath });
  const event = { eventName: VIEW, email: "ada@example.org", properties: {} };
  await refused("wrong token", 401, "INVALID_AUTHENTICATION", "credentials not found", () =>
    withToken("pat-na1-wrong").events.send.basicApi.send(event),
  );
  await refused("other key", 401, "EXPIRED_AUTHENTICATION", "expired", () =>
    withToken("some-other-key").crm.contacts.basicApi.getPage(),
  );
  const body = await refused("no scope", 403, "MISSING_SCOPES", "required scopes", () =>
    withToken(readerToken).events.send.basicApi.send(event),
  );
  assert.deepEqual(body.errors[0].context, { requiredGranularScopes: ["analytics.behavioral_events.send"] });
};

await whoAmI();
await definitions();
await properties();
const [ada, plus] = await single();
await listed(ada, plus);
await batches(ada, plus);
await upserts();
await sends();
await readsBack(ada);
await archives(ada);
await wrongTokens();
