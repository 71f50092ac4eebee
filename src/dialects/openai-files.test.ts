import { expect, it } from 'vitest';
import { fileNameOf } from './openai-files.ts';

const docx = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

it.each([
  [undefined, 'application/pdf', 'document.pdf'],
  [undefined, 'text/plain', 'document.txt'],
  [undefined, 'text/markdown', 'document.md'],
  [undefined, 'application/rtf', 'document.rtf'],
  [undefined, 'application/x-unheard-of', 'document.bin'],
  [undefined, docx, 'document.docx'],
  ['report.pdf', 'application/pdf', 'report.pdf'],
  ['index.ts', 'text/plain', 'index.ts'],
  ['Annual report', 'application/pdf', 'Annual report.pdf'],
  ['Notes v1.2', 'text/plain', 'Notes v1.2.txt'],
  ['By Dr. Who', 'text/plain', 'By Dr. Who.txt'],
])('a file called %j of type %s is sent as %s', (name, mediaType, sent) => {
  expect(fileNameOf({ mediaType, ...(name !== undefined && { name }) })).toBe(sent);
});
