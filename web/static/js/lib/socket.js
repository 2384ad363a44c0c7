/** The page's websocket: docs/protocol.md, "The websocket". Comes back by itself and says when it is away. */

import { pause } from "./backoff.js";
import { painted } from "./dom.js";
import { Pending } from "./pending.js";
import { OFFLINE, Refusal } from "./refusal.js";

/**
 * @typedef {"connecting" | "online" | "offline" | "ended"} Line
 * @typedef {Record<string, any> & {type: string}} Message
 * @typedef {object} Handlers
 * @property {(message: Message) => void} welcome
 * @property {(view: any) => void | Promise<void>} view shows it; its painting is acknowledged when this is done
 * @property {(settlement: any) => void} settlement
 * @property {(message: Message) => void} condition `line`: how good the line is
 * @property {(line: Line) => void} line
 * @property {(bye: {reason: string, text: string}) => void} bye this page does not come back by itself
 * @property {string} offline the words for a request that the broken line swallowed
 */

const PING_EVERY = 2_000;
const SILENT_FOR = 3_500; // of an unanswered ping, looked at with each further one: a dead line is known within 6 s
const SILENT_ON_RETURN = 2_000; // a page that comes back to the front does not wait as long
const OPEN_WITHIN = [3_000, 3_000, 8_000]; // in turn: a lost request is not waited for, a slow line has its time
const RETRY_WITHIN = 2_000;
const ASK_AT = 2; // of each four failed openings, the one after which the page asks whether it is still welcome
const FINAL = new Map([[4001, "replaced"], [4003, "signed-out"]]);
const COMES_BACK = new Set(["restart", "slow"]);

export class RoomSocket {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Line} */ #line = "connecting";
  /** @type {Pending} */ #pending;
  /** @type {Promise<void>} */ #rendering = Promise.resolve();
  #next = 1;
  #attempt = 0;
  #asked = 0; // since when a ping is unanswered; 0: none is
  #retry = 0;
  #pulse = 0;

  /**
   * @param {string} path
   * @param {string} csrf
   * @param {Handlers} on
   */
  constructor(path, csrf, on) {
    this.path = path;
    this.csrf = csrf;
    this.on = on;
    this.#pending = new Pending(on.offline);
    addEventListener("online", () => this.#hurry());
    addEventListener("pageshow", (event) => event.persisted && this.#hurry());
    addEventListener("offline", () => this.#lost());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry());
    this.#open();
  }

  /** @returns {Line} */
  get line() {
    return this.#line;
  }

  /**
   * @param {Message} message
   * @returns {Promise<Message>} `done` or `answer`; rejects with a `Refusal` in the server's words
   */
  request(message) {
    const re = this.#next++;
    if (this.#line !== "online") return Promise.reject(new Refusal(OFFLINE, this.on.offline));
    this.#send({ ...message, re });
    return this.#pending.add(re);
  }

  /** Goes away for good. */
  end() {
    this.#become("ended");
    this.#drop();
  }

  #open() {
    clearTimeout(this.#retry);
    this.#socket?.close();
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    const patience = OPEN_WITHIN[this.#attempt % OPEN_WITHIN.length];
    const limit = setTimeout(() => socket === this.#socket && this.#line !== "online" && this.#lost(), patience);
    socket.onopen = () => this.#send({ type: "hello", csrf: this.csrf });
    socket.onmessage = (event) => socket === this.#socket && this.#receive(socket, JSON.parse(event.data));
    socket.onclose = (event) => {
      clearTimeout(limit);
      if (socket !== this.#socket) return;
      const reason = FINAL.get(event.code);
      if (reason) this.#bye({ reason, text: "" });
      else this.#lost();
    };
  }

  /**
   * @param {WebSocket} socket
   * @param {Message} message
   */
  #receive(socket, message) {
    this.#asked = 0;
    switch (message.type) {
      case "welcome":
        this.#attempt = 0;
        this.#become("online");
        this.#beat();
        return this.on.welcome(message);
      case "view":
        this.#rendering = this.#rendering.then(() => this.#show(socket, message)).catch(reportError);
        return;
      case "settlement":
        return this.on.settlement(message.settlement);
      case "line":
        return this.on.condition(message);
      case "done":
      case "answer":
      case "refused":
        return this.#pending.settle(message.re, message);
      case "bye":
        if (!COMES_BACK.has(message.reason)) this.#bye({ reason: message.reason, text: message.text ?? "" });
        return;
      default: // `pong`, and what a newer server may say
    }
  }

  /**
   * First the whole screen, then the word that it is shown: the server opens an edge that widens this
   * person's audience only after it.
   * @param {WebSocket} socket
   * @param {Message} message
   */
  async #show(socket, message) {
    if (socket !== this.#socket) return;
    await this.on.view(message.view);
    await painted();
    if (socket === this.#socket) this.#send({ type: "shown", number: message.number });
  }

  #beat() {
    clearInterval(this.#pulse);
    this.#asked = 0;
    this.#pulse = window.setInterval(() => this.#ping(SILENT_FOR), PING_EVERY);
  }

  /** @param {number} patience a background page's timers may be a minute late: only an unanswered ping counts */
  #ping(patience) {
    if (this.#asked && performance.now() - this.#asked >= patience) return this.#lost();
    this.#asked ||= performance.now();
    this.#send({ type: "ping" });
  }

  /** @param {Message} message */
  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #drop() {
    clearInterval(this.#pulse);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#pending.drop();
  }

  #lost() {
    if (this.#line === "ended") return;
    this.#drop();
    this.#become("offline");
    const attempt = this.#attempt++;
    this.#retry = window.setTimeout(() => this.#open(), pause(attempt, RETRY_WITHIN));
    if (attempt % 4 === ASK_AT) void this.#ask();
  }

  /** A refused handshake looks like a broken line; the page itself tells the two apart. */
  async #ask() {
    const answer = await fetch(location.pathname, { redirect: "manual", cache: "no-store" }).catch(() => null);
    if (!answer || this.#line === "online") return;
    if (answer.type === "opaqueredirect" || (answer.status >= 400 && answer.status < 500)) {
      this.#bye({ reason: "signed-out", text: "" });
    }
  }

  #hurry() {
    if (this.#line === "offline") this.#open();
    else if (this.#line === "online") {
      this.#ping(SILENT_FOR);
      setTimeout(() => this.#line === "online" && this.#asked && this.#ping(SILENT_ON_RETURN), SILENT_ON_RETURN);
    }
  }

  /** @param {{reason: string, text: string}} bye */
  #bye(bye) {
    if (this.#line === "ended") return;
    this.end();
    this.on.bye(bye);
  }

  /** @param {Line} line */
  #become(line) {
    if (this.#line === line) return;
    this.#line = line;
    this.on.line(line);
  }
}
