// One more client key in the text of a configuration. A line is put in; what the operator wrote stays as it is, byte for byte.

import { type Document, isMap, isScalar, isSeq, parseDocument } from 'yaml';

/** The text with the key among its `api-keys`. */
export function withClientKey(text: string, key: string): string {
  const document: Document = parseDocument(text);
  const inserted = insertion(document, text, key);
  if (inserted) {
    const edited = `${text.slice(0, inserted.at)}${inserted.text}${text.slice(inserted.at)}`;
    if (holds(edited, key)) return edited;
  }
  // Written in a way that no line can be put into: printed anew, comments kept. A lone `null` is no block yet.
  if (!isMap(document.contents)) document.contents = document.createNode({});
  const listed = document.get('api-keys');
  if (isSeq(listed)) listed.add(key);
  else document.set('api-keys', [key]);
  return document.toString({ lineWidth: 0 });
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

function insertion(document: Document, text: string, key: string): Insertion | undefined {
  const root = document.contents;
  const pair = isMap(root) ? root.items.find((item) => isScalar(item.key) && item.key.value === 'api-keys') : undefined;
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  if (!pair) {
    const before = text === '' || text.endsWith('\n') ? '' : line;
    return { at: text.length, text: `${before}api-keys:${line}  - ${key}${line}` };
  }
  const list = pair.value;
  const start = isSeq(list) ? list.range?.[0] : undefined;
  if (start === undefined) return undefined;
  if (text[start] === '[') return { at: start + 1, text: isSeq(list) && list.items.length > 0 ? `${key}, ` : key };
  const lineStart = text.lastIndexOf('\n', start) + 1;
  return { at: lineStart, text: `${text.slice(lineStart, start)}- ${key}${line}` };
}

function holds(text: string, key: string): boolean {
  const document = parseDocument(text);
  const listed = document.errors.length === 0 ? document.get('api-keys') : undefined;
  return isSeq(listed) && listed.items.some((item) => isScalar(item) && item.value === key);
}
