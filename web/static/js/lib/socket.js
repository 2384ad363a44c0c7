/** The page's websocket: docs/protocol.md, "The websocket". Comes back by itself and says when it is away. */

import { FULL_LINE_FOR, LOOK_EVERY, pause } from "./backoff.js";
import { painted } from "./dom.js";
import { Pending } from "./pending.js";
import { OFFLINE, Refusal } from "./refusal.js";

/**
 * @typedef {"connecting" | "online" | "offline" | "ended"} Line
 * @typedef {"" | "offline" | "restart"} Away why the line is gone: the network, or the server that said so before
 * @typedef {Record<string, any> & {type: string}} Message
 * @typedef {object} Handlers
 * @property {(message: Message) => void} welcome
 * @property {(view: any) => void | Promise<void>} view shows it; its painting is acknowledged when this is done
 * @property {(settlement: any) => void} settlement
 * @property {(message: Message) => void} condition `line`: how good the line is
 * @property {(hours: number | null) => void} [disk] for the mediator: how long the disk is still enough; null: enough
 * @property {(line: Line) => void} line
 * @property {() => boolean} flowing media come from the server now, though its words may not
 * @property {(bye: {reason: string, text: string}) => void} bye this page does not come back by itself
 * @property {string} offline the words for a request that the broken line swallowed
 */

const PING_EVERY = 2_000;
const ANSWER_WITHIN = 4_000; // a line that broke without a word is noticed within 6 s
const ANSWER_WITHIN_ON_RETURN = 2_000; // a page that comes back to the front does not wait as long
/*
 * How long each attempt may take, in turn. A lost SYN is sent again after 1, 3 and 7 s: while the network is
 * away, an attempt that waits for that is later than a new one. A slow line has its time now and then.
 */
const OPEN_WITHIN = [2_000, 2_000, 4_500, 2_000, 2_000, 8_000];
const RETRY_WITHIN = 2_000; // of an attempt that was refused at once
const RETRY_UNANSWERED = 250; // of one that took its whole time
const ASK_AT = 2; // of each four failed openings, the one after which the page asks whether it is still welcome
const FINAL = new Map([[4001, "replaced"], [4003, "signed-out"]]);
const COMES_BACK = new Set(["restart", "slow"]);

export class RoomSocket {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Line} */ #line = "connecting";
  /** @type {Pending} */ #pending;
  /** @type {Promise<void>} */ #rendering = Promise.resolve();
  #next = 1;
  #restarting = false; // the server said that it restarts, and is not back yet
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
    addEventListener("offline", () => {
      this.#restarting = false;
      this.#lost();
    });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.#hurry());
    this.#open();
  }

  /** @returns {Line} */
  get line() {
    return this.#line;
  }

  /** @returns {Away} */
  get away() {
    if (this.#line !== "offline") return "";
    return this.#restarting ? "restart" : "offline";
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

  /** The server can be reached: tries at once, if the line is away. */
  retry() {
    if (this.#line === "offline") this.#open();
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
    const limit = setTimeout(() => {
      if (socket === this.#socket && this.#line !== "online") this.#lost(RETRY_UNANSWERED);
    }, patience);
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
        this.#restarting = false;
        this.#become("online");
        this.#beat();
        return this.on.welcome(message);
      case "view":
        this.#rendering = this.#rendering.then(() => this.#show(socket, message)).catch(reportError);
        return;
      case "settlement":
        return this.on.settlement(message.settlement);
      case "disk":
        return this.on.disk?.(message.hours);
      case "line":
        return this.on.condition(message);
      case "done":
      case "answer":
      case "refused":
        return this.#pending.settle(message.re, message);
      case "bye":
        this.#restarting = message.reason === "restart";
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
    this.#pulse = window.setInterval(() => this.#ping(ANSWER_WITHIN), PING_EVERY);
  }

  /** @param {number} patience milliseconds until the line is taken for lost, unless anything comes */
  #ping(patience) {
    this.#asked ||= performance.now();
    const asked = this.#asked;
    this.#send({ type: "ping" });
    setTimeout(() => this.#judge(asked), patience);
  }

  /**
   * Nothing came since `asked`: the line is lost, unless media come over it.
   * @param {number} asked
   */
  #judge(asked) {
    if (asked !== this.#asked) return;
    const patient = performance.now() - asked < ANSWER_WITHIN + FULL_LINE_FOR;
    if (patient && this.on.flowing()) setTimeout(() => this.#judge(asked), LOOK_EVERY);
    else this.#lost();
  }

  /** @param {Message} message */
  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #drop() {
    clearInterval(this.#pulse);
    clearTimeout(this.#retry);
    this.#asked = 0;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#pending.drop();
  }

  /** @param {number} [most] milliseconds until the next attempt */
  #lost(most = RETRY_WITHIN) {
    if (this.#line === "ended") return;
    this.#drop();
    this.#become("offline");
    const attempt = this.#attempt++;
    this.#retry = window.setTimeout(() => this.#open(), pause(attempt, most));
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

  /** The network may be there again, or another one: tries at once, or sees whether the line still is. */
  #hurry() {
    if (this.#line === "online") this.#ping(ANSWER_WITHIN_ON_RETURN);
    else this.retry();
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
