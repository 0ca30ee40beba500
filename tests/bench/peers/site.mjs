import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { staticFiles } from "../../../scripts/static-server.mjs";
import { DIST, Site } from "../../web/support/site.mjs";

const IN_PAGE = fileURLToPath(new URL("in-page", import.meta.url));
const PEERS = fileURLToPath(new URL("node_modules", import.meta.url));

/** Folders of the host, as the pages name them. */
export const FOLDERS = { bench: "/bench/", peers: "/peers/" };

/**
 * The host of the benchmark. Beside what that of the tests has:
 *
 * - `/plain`     an empty page as any host sends it
 * - `/isolated`  one with the headers that threads of WebAssembly need, which few hosts send
 * - `/bench/…`   the contestants
 * - `/peers/…`   the packages
 */
export async function startSite() {
  if (!existsSync(DIST)) throw new Error("there is no dist/: run ./build.sh first");
  if (!existsSync(PEERS))
    throw new Error("the peers are not installed: npm ci --ignore-scripts --prefix tests/bench/peers");
  const site = new Site();
  site.pages = { "/plain": "", "/isolated": "" };
  const [bench, peers] = [staticFiles(IN_PAGE), staticFiles(PEERS)];
  site.intercept = (request, response) => {
    const path = request.url ?? "/";
    if (path !== "/plain") {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp"); // a thread's script must send it too
    }
    for (const [folder, files] of /** @type {const} */ ([
      [FOLDERS.bench, bench],
      [FOLDERS.peers, peers],
    ])) {
      if (!path.startsWith(folder)) continue;
      request.url = path.slice(folder.length - 1);
      files(request, response);
      return true;
    }
    return false;
  };
  return site.start();
}
