/** From the form field to XML text: what is refused before any parser sees it. */
import { SignInRefused } from "../types.ts";
import { isXmlText } from "./xml.ts";

/** In base64 characters: a response with 3,000 groups has 290,000 and costs 0.7 s of a core, a usual one 15 ms. */
const MAX_RESPONSE = 512 * 1024;
/** Start tags, end tags and comments: 3,000 groups make 6,000. */
const MAX_TAGS = 8000;

/**
 * The XML text of a SAMLResponse form field (SAML Bindings §3.5.4).
 *
 * @throws SignInRefused saml_too_large, saml_encoding, saml_doctype, saml_processing_instruction, saml_cdata,
 *   saml_too_complex
 */
export function decodeMessage(field: unknown): string {
  return readText(base64(field));
}

/**
 * The same for bytes, as they come out of an encryption.
 *
 * @throws SignInRefused as `decodeMessage`, but for the size
 */
export function readText(bytes: Buffer): string {
  const text = withoutDeclaration(utf8(bytes));
  refuseDocumentType(text);
  refuseProcessingInstruction(text);
  refuseCdata(text);
  refuseManyTags(text);
  return text;
}

function base64(field: unknown): Buffer {
  if (typeof field !== "string") throw badEncoding("The form must hold exactly one SAMLResponse field.");
  if (field.length > MAX_RESPONSE) {
    const detail = `The response is larger than ${MAX_RESPONSE} characters; let the identity provider send fewer groups.`;
    throw new SignInRefused("saml_too_large", detail);
  }
  const compact = field.replace(/[\r\n\t ]+/g, "");
  const isBase64 = compact.length > 0 && compact.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(compact);
  if (!isBase64) throw badEncoding("The SAMLResponse field is not base64.");
  return Buffer.from(compact, "base64");
}

function utf8(bytes: Buffer): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (isXmlText(text)) return text;
  } catch {
    // Falls to the one refusal.
  }
  throw badEncoding("The response is not XML text in UTF-8.");
}

/** XML 1.0 §2.8: the declaration may name no other encoding than the one that we read. */
function withoutDeclaration(text: string): string {
  const [declaration = ""] = /^<\?xml\s[^>]{0,200}\?>/.exec(text) ?? [];
  const [, , encoding = "utf-8"] = /encoding\s*=\s*(["'])(.*?)\1/.exec(declaration) ?? [];
  if (encoding.toLowerCase() !== "utf-8") throw badEncoding("The XML declaration names an encoding other than UTF-8.");
  return text.slice(declaration.length);
}

/** Any declaration but a comment or CDATA: entities, default attributes and external subsets all begin here. */
function refuseDocumentType(text: string): void {
  if (/<!(?!--|\[CDATA\[)/.test(text)) {
    throw new SignInRefused("saml_doctype", "The response holds a document type declaration, which SAML does not use.");
  }
}

function refuseProcessingInstruction(text: string): void {
  if (text.includes("<?")) {
    throw new SignInRefused("saml_processing_instruction", "The response holds a processing instruction.");
  }
}

/** Legal XML, sent by no known identity provider, and read differently by different readers. */
function refuseCdata(text: string): void {
  if (text.includes("<![CDATA[")) throw new SignInRefused("saml_cdata", "The response holds a CDATA section.");
}

function refuseManyTags(text: string): void {
  if (text.split("<", MAX_TAGS + 2).length > MAX_TAGS + 1) {
    throw new SignInRefused("saml_too_complex", `The response holds more than ${MAX_TAGS} tags.`);
  }
}

function badEncoding(detail: string): SignInRefused {
  return new SignInRefused("saml_encoding", detail);
}
