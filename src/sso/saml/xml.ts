/** The little XML that SAML needs: a strict parse, children by qualified name, text without surprises. */
import { DOMParser } from "@xmldom/xmldom";

/** A text that is not well-formed XML; each caller gives it a code of its own. */
export class MalformedXml extends Error {}

/**
 * Parses a document and takes no repair: what the parser would only warn of is a fault too. The caller has refused
 * document types before.
 *
 * @throws MalformedXml
 */
export function parseXml(text: string): Element {
  const refuse = (message: string) => {
    throw new MalformedXml(message);
  };
  const errorHandler = { warning: refuse, error: refuse, fatalError: refuse };
  const root = new DOMParser({ errorHandler, locator: {} }).parseFromString(text, "text/xml")?.documentElement;
  if (!root) throw new MalformedXml("The document holds no element.");
  return root;
}

export function childElements(parent: Element): Element[] {
  return Array.from(parent.childNodes).filter((node): node is Element => node.nodeType === node.ELEMENT_NODE);
}

/** Children by namespace and local name; the prefix says nothing (Namespaces in XML §2.1). */
export function childrenNamed(parent: Element, namespace: string, name: string): Element[] {
  return childElements(parent).filter((child) => isNamed(child, namespace, name));
}

export function isNamed(element: Element, namespace: string, name: string): boolean {
  return element.localName === name && element.namespaceURI === namespace;
}

/** Null where the attribute is absent; DOM would say "". */
export function attribute(element: Element, name: string): string | null {
  return element.hasAttribute(name) ? element.getAttribute(name) : null;
}

/**
 * The text of an element that holds nothing but text; null where it has children, comments or instructions, which
 * two readers may read as two texts, or characters that XML does not have (XML 1.0 §2.2) and a database does not store.
 */
export function plainText(element: Element): string | null {
  const nodes = Array.from(element.childNodes);
  if (nodes.some((node) => node.nodeType !== node.TEXT_NODE)) return null;
  const text = nodes.map((node) => node.nodeValue ?? "").join("");
  return isXmlText(text) ? text : null;
}

/** Whether all characters are XML's (XML 1.0 §2.2): no controls but tab and line ends, no lone surrogates. */
export function isXmlText(text: string): boolean {
  return !/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text);
}

/** Text for an attribute in double quotes or for content. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Elements in document order with their depth, the root's being 1; iterative, since depth is the sender's choice. */
export function* descendants(root: Element): Generator<readonly [element: Element, depth: number]> {
  const waiting: [Element, number][] = [[root, 1]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [element, depth] = next;
    yield next;
    for (const child of childElements(element).toReversed()) waiting.push([child, depth + 1]);
  }
}
