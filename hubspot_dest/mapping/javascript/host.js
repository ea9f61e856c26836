// The side of the engine that Python talks to. Called once with `hooks` (intrinsics.js) after the built-ins are guarded
// and frozen; natural method calls are safe from here on, since user code can no longer change what they mean.
//
// Values cross as JSON text plus "fixups", for what JSON cannot say: [path, kind, detail] with kind 0 undefined,
// 1 a number (NaN, -0, Infinity, beyond 2^53), 2 a foreign value, 3 an object without prototype.
(hooks, stringify, maxDepth, maxNodes, maxChars) => {
  "use strict";
  const { isArray } = Array;
  const { keys, is, freeze, getPrototypeOf } = Object;
  const { isFinite } = Number;
  const tagOf = Object.prototype.toString;
  const NativePromise = Promise;
  const then = Promise.prototype.then;
  const slice = String.prototype.slice;
  const parse = JSON.parse;
  const call = Reflect.apply;
  const MAX_LOGS = 256;
  const MAX_MESSAGE = 2000;
  // How the first character of what comes back is to be read; numbers, booleans and null cross as they are.
  const TEXT = "s", UNDEFINED = "u", DATA = "j", MARKED = "x", ERROR = "e", PROMISE = "p", WAITING = "w", FOREIGN = "f", LOGS = "l";

  const functions = [];
  let plan = null;
  let logs = [];
  let pending = null;

  class Limit {
    constructor(kind, message) { this.kind = kind; this.message = message; }
  }

  // --- Values out
  let fixups, path, nodes, chars;
  const mark = (kind, detail) => {
    nodes += path.length;
    fixups.push([path.slice(), kind, detail]);
    return null;
  };
  const spend = (amount) => {
    nodes += amount;
    if (nodes > maxNodes) throw new Limit("memory", `the result has more than ${maxNodes} parts`);
  };
  const spell = (text) => {
    chars += text.length;
    if (chars > maxChars) throw new Limit("memory", `the result has more than ${maxChars} characters`);
    return text;
  };
  const copy = (value) => {
    switch (typeof value) {
      case "string": return spell(value);
      case "boolean": return value;
      case "number":
        if (isFinite(value) && !is(value, -0) && value <= 9007199254740991 && value >= -9007199254740991) return value;
        return mark(1, is(value, -0) ? "-0" : `${value}`);
      case "undefined": return mark(0);
      case "bigint": return mark(2, "BigInt");
      case "symbol": case "function": return mark(2, typeof value);
    }
    if (value === null) return null;
    if (path.length >= maxDepth) throw new Limit("stack", `the result is nested deeper than ${maxDepth} levels`);
    if (isArray(value)) {
      const { length } = value;
      spend(length);
      const list = [];
      for (let index = 0; index < length; index++) {
        path.push(index);
        list.push(copy(value[index]));
        path.pop();
      }
      return list;
    }
    const tag = call(tagOf, value, []);
    if (tag !== "[object Object]") return mark(2, spell(tag.slice(8, -1)));
    const own = keys(value);
    spend(own.length);
    const map = { __proto__: null };
    for (const key of own) {
      spell(key);
      path.push(key);
      map[key] = copy(value[key]);
      path.pop();
    }
    if (getPrototypeOf(value) === null) mark(3); // after what is inside it, which is marked by its own path
    return map;
  };
  const encode = (value) => {
    const outer = [fixups, path, nodes, chars]; // a getter of the value may log, which encodes another value
    fixups = []; path = []; nodes = 0; chars = 0;
    try {
      const data = copy(value);
      return fixups.length === 0 ? flat(DATA + stringify(data)) : flat(MARKED + stringify([data, fixups]));
    } finally {
      [fixups, path, nodes, chars] = outer;
    }
  };

  // --- Values in
  const revive = (text) => {
    if (text[0] === DATA) return parse(text.slice(1));
    const [data, marks] = parse(text.slice(1));
    const holder = { root: data };
    for (const [steps, kind, detail] of marks) {
      let inner = holder, last = "root";
      for (const step of steps) { inner = inner[last]; last = step; }
      Reflect.defineProperty(inner, last, {
        value: kind === 1 ? Number(detail) : undefined, writable: true, enumerable: true, configurable: true,
      });
    }
    return holder.root;
  };

  // --- What is said
  const messageOf = (value) => {
    try {
      if (typeof value === "object" && value !== null && typeof value.message === "string") return value.message;
      return String(value);
    } catch { return "(a value that cannot be shown)"; }
  };
  const say = (level, message, extra, given) => {
    if (logs.length > MAX_LOGS) return;
    if (logs.length === MAX_LOGS) {
      logs.push(["warn", "further messages of this call were dropped", null]);
      return;
    }
    let shown = null;
    if (given) {
      const plain = call(tagOf, extra, []) === "[object Error]" ? { name: extra.name, message: extra.message } : extra;
      try { shown = encode(plain); } catch (error) {
        if (!(error instanceof Limit)) throw error;
        shown = encode(`(left out: ${error.message.replace("result", "value")})`);
      }
    }
    logs.push([level, messageOf(message).slice(0, MAX_MESSAGE), shown]);
  };
  const level = (name) => ({ say(message, extra) { say(name, message, extra, extra !== undefined); } }).say;
  const logger = {
    error: level("error"), warn: level("warn"), info: level("info"), debug: level("debug"), log: level("info"),
    throw(message, extra) {
      say("error", message, extra, extra !== undefined);
      throw typeof message === "object" && message !== null ? message : new Error(messageOf(message));
    },
    json(value) { say("info", "json", value, true); },
    scope() { return logger; },
  };
  for (const key of keys(logger)) freeze(logger[key]);
  freeze(logger);
  hooks.log = (parts) => say("debug", parts.map(messageOf).join(" "), undefined, false);

  // --- What goes back
  // The binding cannot read a text that is still a tree of pieces, as concatenation leaves long ones; slice gives one piece.
  const flat = (text) => call(slice, text, [0]);
  const hand = (result) => {
    switch (typeof result) {
      case "number": case "boolean": return result;
      case "undefined": return UNDEFINED;
      case "string":
        if (result.length > maxChars) throw new Limit("memory", `the result has more than ${maxChars} characters`);
        return result.isWellFormed() && !result.includes("\0") ? flat(TEXT + result) : flat(DATA + stringify(result));
      case "object":
        return result === null ? null : encode(result);
      default: return FOREIGN + (typeof result === "bigint" ? "BigInt" : typeof result);
    }
  };
  const fault = (error) => {
    if (error instanceof Limit) return ERROR + stringify(["InternalError", error.message, error.kind]);
    let name = "Error";
    try {
      if (typeof error === "object" && error !== null && typeof error.name === "string" && error.name !== "") name = error.name;
    } catch { /* a name that throws is not a name */ }
    const message = messageOf(error).slice(0, MAX_MESSAGE);
    let kind = error === null ? "null" : null; // where there is no memory for an error, the engine throws null
    if (message === "[uninitialized]") kind = "memory"; // what the engine throws where normalize() has no memory
    if (error instanceof InternalError && message.startsWith("out of memory")) kind = "memory";
    if (error instanceof RangeError && message === "Maximum call stack size exceeded") kind = "stack";
    return flat(ERROR + stringify([name.slice(0, MAX_MESSAGE), message, kind]));
  };
  const finish = (outcome) => (logs.length === 0 ? outcome : flat(LOGS + stringify([drain(), outcome])));
  const drain = () => {
    const said = logs;
    logs = [];
    return said;
  };

  // --- One plan: the event and the pieces around it, each parsed once, and only if a function looks at it
  const begin = (nowMs) => {
    hooks.restart(nowMs);
    plan = { event: undefined, mappings: new Map(), collectorText: null, collector: undefined, consentText: null, consent: undefined };
    logs = [];
    pending = null;
  };
  const mappings = [];
  const contextFor = (mapping) => {
    const here = plan;
    const { consentText } = plan;
    let consent = plan.consent;
    return {
      event: here.event,
      get mapping() {
        if (!here.mappings.has(mapping)) here.mappings.set(mapping, revive(mappings[mapping]));
        return here.mappings.get(mapping);
      },
      get collector() {
        if (here.collector === undefined) {
          const [own, user, globals, custom] = revive(here.collectorText);
          here.collector = { consent: own, user, globals, custom };
        }
        return here.collector;
      },
      get consent() {
        if (consent === undefined && consentText !== null) {
          consent = revive(consentText);
          if (here.consentText === consentText) here.consent = consent;
        }
        return consent;
      },
      logger,
    };
  };

  const GIVEN = 0, ABSENT = 1, EVENT = 2, REVIVE = 3;
  const valueOf = (mode, given) => {
    switch (mode) {
      case GIVEN: return given;
      case ABSENT: return undefined;
      case EVENT: return plan.event;
      case REVIVE: return revive(given);
    }
    return undefined;
  };
  const isPromise = (value) => call(tagOf, value, []) === "[object Promise]" && value instanceof NativePromise;
  const wait = (result) => {
    const state = { outcome: null };
    pending = state;
    const settle = (make) => (value) => {
      try { state.outcome = [make(value)]; } catch (error) { state.outcome = [fault(error)]; }
    };
    const promise = new NativePromise((resolve) => resolve(result));
    call(then, promise, [settle(hand), settle(fault)]);
    return PROMISE;
  };

  // The same event gives the same text, another event another: what is to be new for each event is made of it.
  hooks.eventText = () => stringify([plan.event ?? null, hooks.now]);

  return freeze({
    begin,
    // Add what a script of library/ makes.
    install(make) {
      const made = make(hooks);
      hooks.deepFreeze([made]);
      Object.assign(hooks.library, made);
    },
    // Add a time zone: its name, its table (null where there is no such zone), and how its abbreviations are to be read.
    addZone(text) {
      const zone = parse(text);
      hooks.zones.set(zone.name.toLowerCase(), zone.table === null ? null : zone);
    },
    register(make) {
      let value, failure = null;
      try { value = make(); } catch (error) { failure = fault(error); }
      functions.push(failure === null ? { value, failure } : { value: undefined, failure });
      logs = [];
      return functions.length - 1;
    },
    setEvent(mode, event) { plan.event = valueOf(mode, event); },
    setCollector(text) { plan.collectorText = text; plan.collector = undefined; },
    setConsent(text) { plan.consentText = text; plan.consent = undefined; },
    addMapping(text) { return mappings.push(text) - 1; },
    value(text) { return revive(text); },
    // mapping is -1 for a function that takes only the value
    call(number, mode, given, settled, mapping) {
      const { value: callback, failure } = functions[number];
      try {
        if (failure !== null) return failure;
        if (typeof callback !== "function") throw new TypeError("fn is not a function");
        const value = valueOf(mode, given);
        const result = mapping < 0 ? callback(value) : callback(value, contextFor(mapping));
        if (typeof result === "object" && result !== null) {
          if (settled) {
            if (typeof result.then === "function") return wait(result);
          } else if (isPromise(result)) return finish(`${FOREIGN}Promise`);
        }
        const outcome = hand(result);
        return logs.length === 0 ? outcome : finish(outcome);
      } catch (error) {
        return finish(fault(error));
      }
    },
    settled() {
      if (pending === null || pending.outcome === null) return finish(WAITING);
      const [outcome] = pending.outcome;
      pending = null;
      return finish(outcome);
    },
    drain() { return stringify(drain()); },
  });
}
