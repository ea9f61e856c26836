// Written by hubspot-sim serve --node-preload; use it with NODE_OPTIONS="--require THIS_FILE".
//
// Redirects this process's requests to HubSpot's API to the simulator: fetch, http and https. Requests to other
// hosts of HubSpot fail, so that nothing reaches the real HubSpot. All other requests are unchanged.
"use strict";

const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");
const { urlToHttpOptions } = require("node:url");

const TARGET = new URL("{BASE_URL}");
const API = new Set(["api.hubapi.com", "api.hubspot.com"]);
const HUBSPOT = /(^|\.)(hubapi|hubspot|hubspotusercontent[\w-]*|hsforms|hs-analytics|hs-banner|hscollectedforms|usemessages)\.(com|net|eu)$/i;

const original = {
  fetch: globalThis.fetch,
  http: http.request,
  https: https.request,
};
const agents = {
  "http:": new http.Agent({ keepAlive: true }),
  "https:": new https.Agent({ keepAlive: true }),
};

/** Return "here" for a host to redirect and "on" for any other; throw for a HubSpot host that is not simulated. */
function routeOf(hostname) {
  const name = String(hostname || "").toLowerCase().replace(/\.$/, "");
  if (API.has(name)) return "here";
  if (HUBSPOT.test(name)) {
    throw new Error(`hubspot-sim: ${name} is a host of HubSpot that is not simulated; the request was stopped`);
  }
  return "on";
}

function moved(url) {
  const target = new URL(url);
  target.protocol = TARGET.protocol;
  target.hostname = TARGET.hostname;
  target.port = TARGET.port;
  return target;
}

if (original.fetch) {
  globalThis.fetch = async function fetch(input, init) {
    const isRequest = typeof input === "object" && input !== null && !(input instanceof URL) && "url" in input;
    let url;
    try {
      url = new URL(isRequest ? input.url : input);
    } catch {
      return original.fetch(input, init);
    }
    if (routeOf(url.hostname) === "on") return original.fetch(input, init);
    if (!isRequest) return original.fetch(moved(url), init);
    const { method, headers, body, signal, redirect } = input;
    const request = { method, headers, signal, redirect, ...(body ? { body, duplex: "half" } : {}) };
    return original.fetch(moved(url), { ...request, ...init });
  };
}

function headersOf(headers) {
  if (Array.isArray(headers)) {
    const pairs = Array.isArray(headers[0])
      ? headers
      : headers.flatMap((name, at) => (at % 2 ? [] : [[name, headers[at + 1]]]));
    headers = Object.fromEntries(pairs);
  }
  const kept = Object.entries(headers || {}).filter(([name]) => name.toLowerCase() !== "host");
  return { ...Object.fromEntries(kept), Host: TARGET.host };
}

function patched(send) {
  return function request(...parameters) {
    let options = {};
    const callback = parameters.find((one) => typeof one === "function");
    for (const one of parameters) {
      if (typeof one === "string") options = { ...options, ...urlToHttpOptions(new URL(one)) };
      else if (one instanceof URL) options = { ...options, ...urlToHttpOptions(one) };
      else if (typeof one === "object" && one !== null) options = { ...options, ...one };
    }
    const named = options.hostname || String(options.host || "").replace(/:\d+$/, "");
    if (routeOf(named) === "on") return send.apply(this, parameters);
    const { host, servername, lookup, createConnection, socketPath, defaultPort, href, origin, ...rest } = options;
    const here = {
      ...rest,
      protocol: TARGET.protocol,
      hostname: TARGET.hostname.replace(/^\[|\]$/g, ""),
      port: TARGET.port,
      agent: agents[TARGET.protocol],
      headers: headersOf(options.headers),
    };
    const own = TARGET.protocol === "https:" ? original.https : original.http;
    return callback ? own(here, callback) : own(here);
  };
}

function patch(module, send) {
  module.request = patched(send);
  module.get = function get(...parameters) {
    const request = module.request(...parameters);
    request.end();
    return request;
  };
}

patch(http, original.http);
patch(https, original.https);
syncBuiltinESMExports();
