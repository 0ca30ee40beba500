// Serves a folder for the browser on this machine:
//
//     node scripts/serve.mjs FOLDER PORT

import { once } from "node:events";
import { createServer } from "node:http";
import { argv, exit } from "node:process";
import { staticFiles } from "./static-server.mjs";

const [, , folder, port] = argv;
if (!folder || !port || !/^\d+$/.test(port)) {
  console.error("usage: node scripts/serve.mjs FOLDER PORT");
  exit(2);
}

const server = createServer(staticFiles(folder));
server.listen(Number(port));
try {
  await once(server, "listening");
} catch (error) {
  console.error(`Port ${port} cannot be used (${error}). Choose another: ./build.sh serve PORT`);
  exit(1);
}
const address = server.address();
const chosen = typeof address === "object" && address ? address.port : port;
console.log(`\n  lastlayer is at  http://localhost:${chosen}/\n\n  Ctrl+C ends it.`);
