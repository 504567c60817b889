/** A DNS server on loopback that says what a test has it say (RFC 1035): NXDOMAIN of every name that it was not told. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createTxtLookUp, type LookUpTxt } from "../../src/http/dns.ts";

/** What it says of a name. */
export type Zone =
  /** Records of TXT, each of one or more strings; behind a CNAME where one is named. */
  | { readonly txt: readonly (readonly string[])[]; readonly cname?: string }
  | { readonly rcode: "SERVFAIL" | "NXDOMAIN" | "REFUSED" }
  | { readonly silent: true };

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const TYPES = { TXT: 16, CNAME: 5 } as const;

const zones = new Map<string, Zone>();

/** Has the server say this of a name from now on. */
export function say(name: string, zone: Zone): void {
  zones.set(name.toLowerCase(), zone);
}

let listening: Promise<Socket> | undefined;

/** `address:port` of the server, which the first call starts. */
export async function dnsServer(): Promise<string> {
  listening ??= begin();
  return `127.0.0.1:${(await listening).address().port}`;
}

/** Asks that server. */
export const lookUpTxt: LookUpTxt = async (name) => createTxtLookUp([await dnsServer()])(name);

async function begin(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const answer = answerTo(query);
    if (answer) socket.send(answer, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket.unref();
}

function answerTo(query: Buffer): Buffer | undefined {
  const { name, end } = readName(query, 12);
  const zone = zones.get(name.toLowerCase()) ?? ({ rcode: "NXDOMAIN" } as const);
  if ("silent" in zone) return undefined;
  const records = "txt" in zone ? recordsOf(name, zone) : [];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180 | ("rcode" in zone ? RCODES[zone.rcode] : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(12, end + 4), ...records]);
}

function recordsOf(name: string, { txt, cname }: Extract<Zone, { txt: unknown }>): Buffer[] {
  const alias = cname === undefined ? [] : [record(name, TYPES.CNAME, written(cname))];
  const data = txt.map((strings) =>
    Buffer.concat(strings.map((each) => Buffer.concat([Buffer.from([Buffer.byteLength(each)]), Buffer.from(each)]))),
  );
  return [...alias, ...data.map((each) => record(cname ?? name, TYPES.TXT, each))];
}

function record(name: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([written(name), fixed, data]);
}

function written(name: string): Buffer {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 1 };
}
