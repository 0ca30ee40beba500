/** @import { Choice, Networks } from "./networks.js" */

/**
 * Which network a project belongs to: one of the site, a file that this browser keeps, an author's address, or a file
 * that nobody keeps. `name`: for people.
 * @typedef {{ kind: "site" | "kept" | "address" | "file", key: string, name: string }} KeptNetwork
 */

/** The one in use. @param {Networks} networks @returns {KeptNetwork} */
export function networkOf(networks) {
  const { backbone, file, sha256 } = networks.current;
  const site = typeof backbone === "string" ? backbone : (networks.session.tuner?.info.backbone ?? networks.view.name);
  if (sha256 !== null) return { kind: "kept", key: sha256, name: file ?? "" };
  if (file === null && !(backbone instanceof Blob)) return { kind: "site", key: site, name: site };
  if (typeof backbone === "string") return { kind: "address", key: backbone, name: file ?? backbone };
  return { kind: "file", key: file ?? "", name: file ?? "" };
}

/** @param {KeptNetwork} network @param {KeptNetwork} other */
export function isSame(network, other) {
  return network.kind === other.kind && network.key === other.key;
}

/**
 * What to ask for to have the network of a project; null where it is not to be had.
 * @param {Networks} networks
 * @param {KeptNetwork} network
 * @returns {Promise<Choice | null>}
 */
export async function choiceOf(networks, network) {
  const { kind, key } = network;
  if (isSame(network, networkOf(networks))) return networks.current;
  if (kind === "site") return { backbone: key, labels: undefined, file: null, sha256: null };
  const { backbone, labels } = networks.session.settings();
  if (kind === "address" && backbone === key) return { backbone, labels, file: network.name, sha256: null };
  const known = networks.kept.networks.find(({ sha256 }) => kind === "kept" && sha256 === key);
  const file = known ? await networks.kept.open(known) : null;
  return known && file ? { backbone: file, labels: known.labels ?? undefined, file: known.file, sha256: key } : null;
}
