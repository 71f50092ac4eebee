// Data URLs and what kind of bytes a piece of base64 is: read without decoding it.

/** Magic bytes, as base64 begins with them. */
const magic: readonly (readonly [string, string])[] = [
  ['iVBORw0KGgo', 'image/png'],
  ['/9j/', 'image/jpeg'],
  ['R0lGOD', 'image/gif'],
  ['UklGR', 'image/webp'],
  ['JVBERi0', 'application/pdf'],
];

const typesByEnding: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  xml: 'application/xml',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
};

export interface Data {
  readonly mediaType: string;
  /** Base64. */
  readonly data: string;
}

/** The media type that base64 betrays by its first bytes; undefined where it is none of the usual ones. */
export function sniff(base64: string): string | undefined {
  return magic.find(([start]) => base64.startsWith(start))?.[1];
}

/** The media type that a file name or URL ends in. */
export function typeOfName(name: string | undefined): string | undefined {
  const ending = /\.([A-Za-z0-9]+)(?:[?#].*)?$/.exec(name ?? '')?.[1];
  return ending === undefined ? undefined : typesByEnding[ending.toLowerCase()];
}

/** Reads `data:[type][;parameter]*[;base64],data`; undefined where the text is no data URL. */
export function readDataUrl(url: string, fallbackType = 'application/octet-stream'): Data | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(',');
  if (comma < 0) return undefined;
  const [type = '', ...parameters] = url.slice('data:'.length, comma).split(';');
  const payload = url.slice(comma + 1);
  const base64 = parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64');
  const data = base64 ? payload : Buffer.from(unescaped(payload)).toString('base64');
  return { mediaType: type.trim().toLowerCase() || (sniff(data) ?? fallbackType), data };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function writeDataUrl({ mediaType, data }: Data): string {
  return `data:${mediaType};base64,${data}`;
}
