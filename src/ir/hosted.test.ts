import { describe, expect, it } from 'vitest';
import { asObject, objects } from '../json.ts';
import { boundsOf, hostedWays, namesHosted, placeHosted } from './hosted.ts';
import type { HostedKind, HostedTool, Tool, ToolChoice } from './request.ts';

function hosted(kind: HostedKind, wireType: string, name?: string): HostedTool {
  return {
    type: 'hosted',
    kind,
    wireType,
    origin: 'anthropic-messages',
    value: { type: wireType },
    ...(name && { name }),
  };
}
function placed(tools: readonly Tool[], choice?: ToolChoice, speaker: 'gemini' | 'anthropic-messages' = 'gemini') {
  const losses: string[] = [];
  return { tools: placeHosted(tools, choice, speaker, (loss) => losses.push(loss.what)), losses };
}

describe('hosted tools', () => {
  it('stay as they are for their own vendor, and search for everyone', () => {
    const tools = [hosted('web-search', 'web_search_20250305', 'web_search'), hosted('computer', 'computer_20250124')];
    expect(placed(tools, undefined, 'anthropic-messages').tools).toEqual(tools);
    expect(placed(tools)).toEqual({ tools: [tools[0]], losses: ['tool:computer_20250124'] });
  });

  it.each<[HostedKind, string, string, readonly string[]]>([
    ['shell', 'bash_20250124', 'bash', ['command', 'restart']],
    ['shell', 'shell', 'shell', ['commands', 'timeout_ms', 'max_output_length']],
    ['shell', 'local_shell', 'local_shell', ['command', 'working_directory', 'timeout_ms', 'env']],
    ['apply-patch', 'apply_patch', 'apply_patch', ['operation']],
  ])('%s (%s) becomes the function %s', (kind, wireType, name, members) => {
    const [tool] = placed([hosted(kind, wireType)]).tools;
    expect(tool).toMatchObject({ type: 'function', name });
    const parameters = tool?.type === 'function' ? tool.parameters : undefined;
    expect(Object.keys(asObject(parameters?.properties) ?? {})).toEqual(members);
  });

  it('the text editor offers undo only in the versions that have it, under the name that goes with them', () => {
    const commands = (wireType: string): unknown => {
      const [tool] = placed([hosted('text-editor', wireType)]).tools;
      const parameters = tool?.type === 'function' ? tool.parameters : undefined;
      return [tool?.type === 'function' && tool.name, asObject(asObject(parameters?.properties)?.command)?.enum];
    };
    expect(commands('text_editor_20250124')).toEqual([
      'str_replace_editor',
      ['view', 'create', 'str_replace', 'insert', 'undo_edit'],
    ]);
    expect(commands('text_editor_20250728')).toEqual([
      'str_replace_based_edit_tool',
      ['view', 'create', 'str_replace', 'insert'],
    ]);
  });

  it('keep the name the client gave, and every schema is an object whose required members exist', () => {
    expect(placed([hosted('memory', 'memory_20250818', 'notes')]).tools[0]).toMatchObject({ name: 'notes' });
    for (const row of Object.values(hostedWays)) {
      if (row.way !== 'function') continue;
      const { parameters } = row.tool(hosted('shell', 'shell'));
      const properties = asObject(parameters?.properties) ?? {};
      expect(objects(Object.values(properties))).toHaveLength(Object.keys(properties).length);
      for (const name of (parameters?.required ?? []) as readonly string[]) expect(properties).toHaveProperty(name);
    }
  });

  it('that must be called and cannot be are refused, others left out', () => {
    const image = hosted('image-generation', 'image_generation');
    expect(() => placed([image], { name: 'image_generation' })).toThrow(/'image_generation' is not supported/);
    expect(() => placed([image], 'required')).toThrow(/not supported/);
    expect(placed([image], 'auto')).toEqual({ tools: [], losses: ['tool:image_generation'] });
    expect(placed([image, { type: 'function', name: 'f' }], 'required').tools).toHaveLength(1);
  });

  it('say what of their settings is lost, and a search without the live web is left out', () => {
    const editor = { ...hosted('text-editor', 'text_editor_20250728'), bounds: ['max_characters'] };
    expect(placed([editor]).losses).toEqual(['max_characters']);
    expect(placed([editor], undefined, 'anthropic-messages').losses).toEqual([]);
    const cached = { ...hosted('web-search', 'web_search', 'web_search'), search: { live: false } } as const;
    expect(placed([cached])).toEqual({ tools: [], losses: ['external_web_access'] });
    expect(() => placed([cached], { name: 'web_search' })).toThrow(/not supported/);
    expect(boundsOf({ type: 't', max_uses: 1, citations: {}, none: null }, ['type'])).toEqual(['max_uses']);
    expect(boundsOf({ type: 't' }, ['type'])).toBeUndefined();
  });

  it('are named by name, wire type, or wire type without its date', () => {
    const search = hosted('web-search', 'web_search_20250305', 'web_search');
    for (const word of ['web_search', 'web_search_20250305']) expect(namesHosted(word, search)).toBe(true);
    expect(namesHosted('web_search', hosted('web-search', 'web_search_20250305'))).toBe(true);
    expect(namesHosted('web', search)).toBe(false);
  });
});
