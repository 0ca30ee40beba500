import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { staticFiles } from "../../../scripts/static-server.mjs";
import { drawn } from "./drawn.mjs";

/** The built site. */
export const DIST = fileURLToPath(new URL("../../../dist", import.meta.url));
const SUPPORT = fileURLToPath(new URL("./in-page", import.meta.url));

/** The site lies in a folder of its host, as it would on most: nothing may depend on the root. */
const MOUNT = "/some/where";

/**
 * A host for tests, on a port of its own and so an origin of its own:
 *
 * - `/some/where/…`       the built site
 * - `/support/…`          scripts for pages of tests
 * - `/photos/KIND/N.png`  drawn photos
 * - `/blank`              an empty page
 * - and whatever the test adds in `pages` (path → HTML) or does in `intercept`.
 */
export class Site {
  /** @type {Record<string, string>} */
  pages = { "/blank": "" };
  /**
   * Answers in place of the host where it returns true.
   * @type {(request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => boolean}
   */
  intercept = () => false;
  /** The path of every request, in order. @type {string[]} */
  requests = [];
  #port = 0;
  #server;
  #dist;
  #support;

  constructor(dist = DIST) {
    this.#dist = staticFiles(dist);
    this.#support = staticFiles(SUPPORT);
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async start() {
    this.#server.listen(0, "localhost");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (typeof address === "object" && address) this.#port = address.port;
    return this;
  }

  get listening() {
    return this.#server.listening;
  }

  get origin() {
    return `http://localhost:${this.#port}`;
  }

  /** Address of the built site. */
  get url() {
    return `${this.origin}${MOUNT}/`;
  }

  /** The network is off from now on: connections are refused, also those that are open. */
  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  /**
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  #answer(request, response) {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    this.requests.push(path);
    if (!this.intercept(request, response)) this.#serve(path, request, response);
  }

  /**
   * For `intercept`: the answer that there would be, but not before a promise resolves.
   * @param {Promise<unknown>} released
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  hold(released, request, response) {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    void released.then(() => this.#serve(path, request, response));
    return true;
  }

  /**
   * @param {string} path
   * @param {import("node:http").IncomingMessage} request
   * @param {import("node:http").ServerResponse} response
   */
  #serve(path, request, response) {
    const page = this.pages[path];
    const photo = /^\/photos\/([a-z]+)\/(\d+)\.png$/.exec(path);
    if (page !== undefined) {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>test</title><body>${page}`);
    } else if (photo) {
      response.setHeader("Content-Type", "image/png");
      response.end(drawn(photo[1] ?? "", Number(photo[2])));
    } else if (path.startsWith("/support/")) {
      request.url = path.slice("/support".length);
      this.#support(request, response);
    } else if (path.startsWith(MOUNT)) {
      request.url = path.slice(MOUNT.length) || "/";
      this.#dist(request, response);
    } else {
      response.writeHead(404).end();
    }
  }
}
