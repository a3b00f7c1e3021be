/** An element of XML as S3 writes it: without attributes, and with elements or text in it. Elements of one name are a list where there are several. */
export interface XmlElement {
  readonly [name: string]: XmlValue | undefined;
}
export type XmlValue = string | XmlElement | readonly (string | XmlElement)[];

/** `undefined` for what is not XML, or not all of it. */
export async function parseXml(text: string): Promise<XmlElement | undefined> {
  const { parseXML } = await import('@aws-sdk/xml-builder');
  try {
    return parseXML(text.trim());
  } catch {
    return undefined;
  }
}

export function elementOf(value: XmlValue | undefined): XmlElement {
  return typeof value === 'object' && !isList(value) ? value : {};
}

export function elementsOf(value: XmlValue | undefined): readonly XmlElement[] {
  if (value === undefined) return [];
  return (isList(value) ? value : [value]).map(elementOf);
}

export function textOf(value: XmlValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isList(value: XmlValue): value is readonly (string | XmlElement)[] {
  return Array.isArray(value);
}

/** A document to send, with this inside of its root. */
export function xmlDocument(root: string, content: string): Uint8Array {
  return Buffer.from(`<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`);
}

/** Reads keys of a list, which are encoded where the server keeps to what was asked: XML cannot hold each of them. */
export function keyReader({ EncodingType }: XmlElement): (key: XmlValue | undefined) => string {
  const isEncoded = textOf(EncodingType) === 'url';
  return (key) => {
    const text = textOf(key) ?? '';
    return isEncoded ? decodeURIComponent(text.replaceAll('+', ' ')) : text;
  };
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text as it stands in an element, with what a parser would change written as numbers. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>\r\n\u0085\u2028]/g, (character) => escapes[character] ?? `&#${character.charCodeAt(0)};`);
}
