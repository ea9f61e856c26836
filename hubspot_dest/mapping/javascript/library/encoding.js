// TextEncoder, TextDecoder and Buffer, as far as functions that turn text into bytes and back need them.
(hooks) => {
  "use strict";
  const { defineProperty } = Object;

  const encode = (text) => {
    const bytes = [];
    for (const character of text.toWellFormed()) {
      const code = character.codePointAt(0);
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
    return bytes;
  };
  // The Encoding Standard's UTF-8 decoder: one U+FFFD for each longest run that could have begun a character.
  const decode = (bytes, fatal) => {
    let text = "", code = 0, needed = 0, lower = 0x80, upper = 0xbf;
    const bad = () => {
      if (fatal) {
        const error = new TypeError("The encoded data was not valid for encoding utf-8");
        defineProperty(error, "code", { value: "ERR_ENCODING_INVALID_ENCODED_DATA" });
        throw error;
      }
      text += "\ufffd";
    };
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (needed === 0) {
        if (byte < 0x80) text += String.fromCharCode(byte);
        else if (byte >= 0xc2 && byte <= 0xdf) { needed = 1; code = byte & 31; }
        else if (byte >= 0xe0 && byte <= 0xef) {
          if (byte === 0xe0) lower = 0xa0;
          if (byte === 0xed) upper = 0x9f;
          needed = 2; code = byte & 15;
        } else if (byte >= 0xf0 && byte <= 0xf4) {
          if (byte === 0xf0) lower = 0x90;
          if (byte === 0xf4) upper = 0x8f;
          needed = 3; code = byte & 7;
        } else bad();
        continue;
      }
      if (byte < lower || byte > upper) {
        needed = 0; lower = 0x80; upper = 0xbf;
        bad();
        at--;
        continue;
      }
      lower = 0x80; upper = 0xbf;
      code = (code << 6) | (byte & 63);
      if (--needed === 0) text += String.fromCodePoint(code);
    }
    if (needed > 0) bad();
    return text;
  };
  const view = (data, what) => {
    if (data instanceof Uint8Array) return data;
    if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (data instanceof ArrayBuffer) return new Uint8Array(data);
    throw new TypeError(`${what} must be an ArrayBuffer, a Buffer or a typed array`);
  };

  class TextEncoder {
    get encoding() { return "utf-8"; }
    encode(text = "") { return Uint8Array.from(encode(`${text}`)); }
  }
  class TextDecoder {
    #fatal; #keepMark;
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      if (!/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i.test(label)) {
        throw new RangeError(`The "${label}" encoding is not available in this engine: utf-8 is`);
      }
      this.#fatal = fatal;
      this.#keepMark = ignoreBOM;
    }
    get encoding() { return "utf-8"; }
    get fatal() { return this.#fatal; }
    get ignoreBOM() { return this.#keepMark; }
    decode(data) {
      if (data === undefined) return "";
      const text = decode(view(data, "the data"), this.#fatal);
      return !this.#keepMark && text.startsWith("\ufeff") ? text.slice(1) : text;
    }
  }

  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const toBase64 = (bytes, digits, pad) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 3) {
      const rest = bytes.length - at;
      const word = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      text += digits[word >> 18] + digits[(word >> 12) & 63];
      text += rest > 1 ? digits[(word >> 6) & 63] : pad;
      text += rest > 2 ? digits[word & 63] : pad;
    }
    return text;
  };
  const URL_DIGITS = `${DIGITS.slice(0, 62)}-_`;
  const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));
  VALUES.set("-", 62);
  VALUES.set("_", 63);
  const fromBase64 = (text) => { // Node takes both alphabets, stops at `=` and skips what is not a digit
    const bytes = [];
    let word = 0, bits = 0;
    for (const digit of text) {
      if (digit === "=") break;
      const value = VALUES.get(digit);
      if (value === undefined) continue;
      word = (word << 6) | value;
      bits += 6;
      if (bits >= 8) { bits -= 8; bytes.push((word >> bits) & 255); word &= (1 << bits) - 1; }
    }
    return bytes;
  };
  const fromHex = (text) => {
    const bytes = [];
    for (let at = 0; at + 1 < text.length; at += 2) {
      const pair = text.slice(at, at + 2);
      if (!/^[0-9a-f]{2}$/i.test(pair)) break;
      bytes.push(parseInt(pair, 16));
    }
    return bytes;
  };
  const encodingOf = (name) => {
    const known = `${name ?? "utf8"}`.toLowerCase();
    switch (known) {
      case "utf8": case "utf-8": return "utf8";
      case "hex": case "base64": case "base64url": case "ascii": return known;
      case "latin1": case "binary": return "latin1";
    }
    if (["ucs2", "ucs-2", "utf16le", "utf-16le"].includes(known)) {
      throw new TypeError(`the encoding ${name} is not available in this engine`);
    }
    throw new TypeError(`Unknown encoding: ${name}`);
  };
  const toBytes = (text, name) => {
    switch (encodingOf(name)) {
      case "hex": return fromHex(text);
      case "base64": case "base64url": return fromBase64(text);
      case "latin1": case "ascii": return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at) & 255);
      default: return encode(text);
    }
  };
  const GAP = "is not available in this engine: Buffer has from, alloc, concat, byteLength, isBuffer, compare, toString, equals, slice, subarray and toJSON";
  class Buffer extends Uint8Array {
    static get [Symbol.species]() { return Buffer; }
    static from(data, encoding, length) {
      if (typeof data === "string") return new Buffer(toBytes(data, encoding));
      if (data instanceof ArrayBuffer) return new Buffer(data, encoding, length);
      if (typeof data === "object" && data !== null) {
        if (data.type === "Buffer" && Array.isArray(data.data)) return new Buffer(data.data);
        if (Array.isArray(data) || ArrayBuffer.isView(data) || typeof data.length === "number") return new Buffer(Array.from(data));
        const plain = typeof data.valueOf === "function" ? data.valueOf() : data;
        if (plain !== data && typeof plain === "string") return new Buffer(toBytes(plain, encoding));
      }
      const error = new TypeError("The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object. "
        + `Received ${data === null || data === undefined ? data : `type ${typeof data} (${String(data)})`}`);
      defineProperty(error, "code", { value: "ERR_INVALID_ARG_TYPE" });
      throw error;
    }
    static alloc(size, fill = 0) {
      const buffer = new Buffer(size);
      if (typeof fill === "number") return buffer.fill(fill);
      const pattern = typeof fill === "string" ? encode(fill) : fill;
      for (let at = 0; at < size && pattern.length > 0; at++) buffer[at] = pattern[at % pattern.length];
      return buffer;
    }
    static concat(list) { return new Buffer(list.flatMap((one) => Array.from(one))); }
    static byteLength(data, encoding) { return typeof data === "string" ? toBytes(data, encoding).length : data.byteLength; }
    static isBuffer(data) { return data instanceof Buffer; }
    static isEncoding(name) { try { encodingOf(name); return typeof name === "string"; } catch { return false; } }
    static compare(one, other) {
      for (let at = 0; at < Math.min(one.length, other.length); at++) {
        if (one[at] !== other[at]) return one[at] < other[at] ? -1 : 1;
      }
      return Math.sign(one.length - other.length);
    }
    toString(encoding, start = 0, end = this.length) {
      const name = encodingOf(encoding);
      const bytes = Array.from(super.subarray(start, end));
      switch (name) {
        case "hex": return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
        case "base64": return toBase64(bytes, DIGITS, "=");
        case "base64url": return toBase64(bytes, URL_DIGITS, "");
        case "latin1": return bytes.map((byte) => String.fromCharCode(byte)).join("");
        case "ascii": return bytes.map((byte) => String.fromCharCode(byte & 127)).join("");
        default: return decode(bytes, false);
      }
    }
    toJSON() { return { type: "Buffer", data: Array.from(this) }; }
    equals(other) { return Buffer.compare(this, other) === 0; }
    compare(other) { return Buffer.compare(this, other); }
    slice(start, end) { return this.subarray(start, end); }
    get [Symbol.toStringTag]() { return "Uint8Array"; }
  }
  for (const name of ["write", "writeUInt8", "writeUInt16BE", "writeUInt32BE", "writeInt32BE", "readUInt8", "readUInt16BE", "readUInt32BE",
    "readInt32BE", "readUInt16LE", "readUInt32LE", "readInt32LE", "readBigUInt64BE", "swap16", "copy"]) {
    defineProperty(Buffer.prototype, name, { get() { throw new TypeError(`Buffer.prototype.${name} ${GAP}`); } });
  }
  hooks.bytesOf = view;
  return { TextEncoder, TextDecoder, Buffer };
}
