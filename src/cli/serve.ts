// `cliproxy serve`: from a configuration to a listening gateway, and from a signal to its end.

import type { createApp } from '../app.ts';
import { codeOf, StartFailure } from '../config/failure.ts';
import type { Rejected } from '../config/load.ts';
import { printNotice } from '../config/notice.ts';
import { type Opened, type Overrides, openToServe } from '../config/open.ts';
import { createReload, type Reload } from '../config/reload.ts';
import { createWatch, type Watch } from '../config/watch.ts';
import { greeting } from './greeting.ts';
import { listenFailure } from './listen-failure.ts';
import type { Terminal } from './terminal.ts';

/** How `serve` gets its gateway: handed in, so that commands which need none do not load it. */
export type CreateApp = typeof createApp;
type App = Awaited<ReturnType<CreateApp>>;

/** The options as typed. */
export interface ServeFlags {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
}

/** Serves until a signal ends it. Throws StartFailure when it cannot start. */
export async function serve(flags: ServeFlags, terminal: Terminal, create: CreateApp): Promise<void> {
  const overrides = overridesOf(flags, terminal);
  const opened = await openToServe(overrides, terminal);
  for (const notice of opened.notices) terminal.complain(printNotice(notice, opened.found.place.path));
  if ('problems' in opened) throw rejected(opened, opened.found.place.path, terminal);
  const app = await created(create, opened);
  const address = await listening(app, opened);
  const { env } = terminal;
  const { observe } = app;
  const reload = createReload({ opened, overrides, env, apply: (config) => app.reload(config), observe });
  const watch = createWatch({ places: reload.places, onChange: reload.now });
  // Before anyone can know that it is up, and tell it to stop.
  stopOnSignal(app, { reload, watch }, terminal);
  watch.start();
  terminal.onHangup?.(watch.start);
  terminal.print(greeting(opened, address, app.describe(), !terminal.interactive));
}

async function created(create: CreateApp, { config, found }: Opened): Promise<App> {
  try {
    return await create({ config });
  } catch (error) {
    // Codes of the system and of OpenSSL speak of files; anything else is a defect.
    if (!(error instanceof Error && /^(E[A-Z]+$|ERR_OSSL)/.test(codeOf(error)))) throw error;
    throw new StartFailure(
      `failed to start: ${error.message}`,
      `Check the files that ${found.place.path} names, such as tls.cert and tls.key.`,
    );
  }
}

async function listening(app: App, { config }: Opened): Promise<{ host: string; port: number }> {
  try {
    return await app.listen();
  } catch (error) {
    await app.close();
    throw listenFailure(error, config.host, config.port);
  }
}

/** Prints what keeps a file from being used, and gives the failure that sums it up. */
export function rejected({ problems }: Rejected, path: string, terminal: Terminal): StartFailure {
  for (const problem of problems) terminal.complain(printNotice(problem, path));
  const number = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return new StartFailure(`${path} has ${number}`, 'Correct it as said above; "cliproxy config check" tries it again.');
}

/** Flags win over CLIPROXY_HOST and CLIPROXY_PORT, and those over the file. */
function overridesOf(flags: ServeFlags, { env }: Terminal): Overrides {
  const host = flags.host ?? (env.CLIPROXY_HOST?.trim() || undefined);
  const port = flags.port ?? (env.CLIPROXY_PORT?.trim() || undefined);
  return {
    ...(flags.config !== undefined && { config: flags.config }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port: portOf(port, flags.port === undefined ? 'CLIPROXY_PORT' : '--port') }),
  };
}

function portOf(text: string, origin: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new StartFailure(
    `${origin} must be a number between 1 and 65535, but says "${text}"`,
    'For example: 8317. 0 takes any free port.',
  );
}

/** Signals nearer than this are one: npm and the terminal both pass on the same Ctrl-C. */
const oneSignal = 200;

/** Seconds for what is left to do once the last stream has ended or was cut. */
const cleanUp = 2;

/** The first signal lets open streams end, the second does not wait. */
function stopOnSignal(
  app: App,
  { reload, watch }: { readonly reload: Reload; readonly watch: Watch },
  terminal: Terminal,
): void {
  let first: number | undefined;
  terminal.onSignal(() => {
    const now = performance.now();
    if (first !== undefined) {
      if (now - first >= oneSignal) terminal.end(0);
      return;
    }
    first = now;
    watch.stop();
    const patience = reload.config['shutdown-timeout-seconds'];
    terminal.print(`stopping: open streams may end within ${patience} s; once more stops at once\n`);
    const cut = setTimeout(() => terminal.end(0), (patience + cleanUp) * 1000);
    app.close().then(
      () => {
        clearTimeout(cut);
        terminal.end(0);
      },
      (error: unknown) => {
        terminal.complain(`failed to stop in order: ${String(error)}\n`);
        terminal.end(1);
      },
    );
  });
}
