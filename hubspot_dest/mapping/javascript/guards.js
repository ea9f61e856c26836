// Built-ins that can run for minutes without giving the engine a chance to look at the clock: every one that was found
// so is bounded here. The engine looks at the clock once in 10,000 loop turns or calls, so work that one call does on
// its own is charged, and paid for with empty turns.
(() => {
  "use strict";
  const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
  const { isArray } = Array;
  const MAX_PLACES = 2 ** 21; // more than the memory limit has room for, so only lists of holes are refused
  const MAX_SEARCH = 2 ** 30; // characters of the text times characters sought: about half a second
  const MAX_UNWATCHED = 2 ** 14; // elements that are sorted without looking at the clock
  const QUANTUM = 2 ** 17; // steps of a built-in between two looks at the clock
  const TURNS = 10_001;

  let work = 0;
  const charge = (steps) => {
    work += steps;
    if (work < QUANTUM) return;
    work = 0;
    for (let turn = 0; turn < TURNS; turn++);
  };
  const replace = (holder, key, make) => {
    const native = holder[key];
    const value = make(native);
    defineProperty(value, "name", { value: native.name, configurable: true });
    defineProperty(value, "length", { value: native.length, configurable: true });
    defineProperty(holder, key, { value, writable: true, enumerable: false, configurable: true });
  };

  const places = (list) => {
    if (isArray(list) || typeof list === "string") return list.length;
    if (typeof list !== "object" || list === null) return 0; // the built-in itself knows what to do
    const { value, get } = getOwnPropertyDescriptor(list, "length") ?? {};
    if (typeof value === "number") return value;
    if (value === undefined && get === undefined && !("length" in list)) return 0;
    throw new TypeError("the length of this list is computed, which is not available in this engine");
  };
  const measure = (list) => {
    const count = places(list);
    if (count > MAX_PLACES) throw new RangeError(`a list of ${count} places is too long for this engine`);
    charge(count);
    return count;
  };

  // --- Lists
  const measured = (native) => ({ call() { measure(this); return apply(native, this, arguments); } }).call;
  for (const key of ["copyWithin", "fill", "includes", "indexOf", "join", "lastIndexOf", "reverse", "shift", "slice",
    "splice", "toLocaleString", "toReversed", "toSpliced", "unshift", "with"]) replace(Array.prototype, key, measured);
  replace(Array.prototype, "concat", (native) => ({ call(...others) {
    for (const item of [this, ...others]) {
      if (typeof item !== "object" || item === null) continue;
      if (isArray(item)) measure(item);
      else if (Symbol.isConcatSpreadable in item) throw new TypeError("Symbol.isConcatSpreadable is not available in this engine");
    }
    return apply(native, this, others);
  } }).call);
  const defaultOrder = (left, right) => { // `sort` itself puts undefined last
    const [first, second] = [String(left), String(right)];
    return first < second ? -1 : Number(first > second);
  };
  for (const key of ["sort", "toSorted"]) {
    replace(Array.prototype, key, (native) => ({ call(order) {
      const watched = order === undefined && measure(this) > MAX_UNWATCHED;
      if (order !== undefined) measure(this);
      return apply(native, this, [watched ? defaultOrder : order]);
    } }).call);
  }
  const flatten = (list, depth, into) => {
    for (let index = 0; index < list.length; index++) {
      if (!(index in list)) continue;
      const item = list[index];
      if (depth > 0 && isArray(item)) flatten(item, depth - 1, into);
      else into.push(item);
    }
    return into;
  };
  replace(Array.prototype, "flat", () => ({ call(depth = 1) { measure(this); return flatten(this, Number(depth) || 0, []); } }).call);
  replace(Array.prototype, "flatMap", () => ({ call(callback, self) { return flatten(apply([].map, this, [callback, self]), 1, []); } }).call);
  const typed = getPrototypeOf(Uint8Array.prototype);
  const typedLength = getOwnPropertyDescriptor(typed, "length").get;
  for (const key of ["join", "sort", "toSorted", "toLocaleString"]) {
    replace(typed, key, (native) => ({ call() {
      const count = apply(typedLength, this, []);
      if (count > MAX_PLACES / 8) throw new RangeError(`a list of ${count} numbers is too long for ${key} in this engine`);
      charge(count * 8);
      return apply(native, this, arguments);
    } }).call);
  }
  replace(Iterator.prototype, "drop", (native) => ({ call(count) {
    const whole = Number(count);
    if (whole > MAX_PLACES) throw new RangeError(`dropping ${whole} items takes too long for this engine`);
    return apply(native, this, [whole]);
  } }).call);

  // --- Texts: a search compares the text sought at every place
  const search = (text, sought) => {
    if (text.length * sought.length > MAX_SEARCH) throw new RangeError("this text is too long to be searched for that one");
    charge(text.length);
  };
  const asText = (self) => {
    if (self === undefined || self === null) throw new TypeError(`cannot read a text method of ${self}`);
    return typeof self === "string" ? self : `${self}`;
  };
  for (const key of ["includes", "indexOf", "lastIndexOf"]) {
    replace(String.prototype, key, (native) => ({ call(sought, from) {
      const text = asText(this);
      if (typeof sought === "object" && sought !== null && Symbol.match in sought) return apply(native, text, arguments);
      const wanted = `${sought}`;
      search(text, wanted);
      return arguments.length > 1 ? apply(native, text, [wanted, from]) : apply(native, text, [wanted]);
    } }).call);
  }
  for (const [key, symbol] of [["split", Symbol.split], ["replace", Symbol.replace], ["replaceAll", Symbol.replace]]) {
    replace(String.prototype, key, (native) => ({ call(pattern, by) {
      if (pattern === undefined && key === "split") return apply(native, this, arguments);
      if (typeof pattern === "object" && pattern !== null && symbol in pattern) return apply(native, this, arguments);
      const [text, wanted] = [asText(this), `${pattern}`];
      search(text, wanted);
      return apply(native, text, [wanted, by]);
    } }).call);
  }
  replace(String.prototype, "normalize", (native) => ({ call() {
    const text = asText(this);
    // marks are sorted by insertion: a long run of them takes the square of its length
    if (text.length > MAX_UNWATCHED && /\p{M}{4096}/u.test(text)) {
      throw new RangeError("this text has too many marks in a row to be normalised in this engine");
    }
    charge(text.length);
    return apply(native, text, arguments);
  } }).call);
  replace(String, "raw", (native) => ({ call(strings, ...values) {
    const { raw } = strings;
    measure(raw);
    return apply(native, String, [{ raw }, ...values]);
  } }).call);
  for (const key of ["padEnd", "padStart", "repeat", "toLowerCase", "toUpperCase", "trim"]) {
    replace(String.prototype, key, (native) => ({ call() {
      const text = asText(this);
      const result = apply(native, text, arguments);
      charge(text.length + result.length);
      return result;
    } }).call);
  }
  for (const key of ["atob", "btoa", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape",
    "parseFloat", "parseInt", "unescape"]) {
    replace(globalThis, key, (native) => ({ call(given) {
      const text = `${given}`;
      charge(8 * text.length);
      return apply(native, undefined, arguments.length > 1 ? [text, arguments[1]] : [text]);
    } }).call);
  }
  Number.parseFloat = parseFloat;
  Number.parseInt = parseInt;

  // --- JSON: a structure that refers to the same parts again and again unfolds without end; a replacer looks at the clock
  const same = (key, value) => value;
  replace(JSON, "stringify", (native) => ({ call(value, replacer, space) {
    return native(value, replacer === undefined || replacer === null ? same : replacer, space);
  } }).call);
  replace(JSON, "parse", (native) => ({ call(text, reviver) {
    const source = `${text}`;
    charge(source.length);
    return reviver === undefined ? native(source) : native(source, reviver);
  } }).call);
  for (const key of ["entries", "getOwnPropertyNames", "keys", "values"]) {
    replace(Object, key, (native) => ({ call(given) {
      const found = native(given);
      charge(8 * found.length);
      return found;
    } }).call);
  }
})()
