// Why a port could not be opened, in words that say what to do: in use, reserved by the system, not allowed, not an address.

import { codeOf, StartFailure } from '../config/failure.ts';

interface Reason {
  readonly reason: string;
  readonly advice: (host: string, port: number, elsewhere: string) => string;
}

const gatewayElsewhere = (port: number) =>
  `Choose another port with --port ${port === 8317 ? 8318 : 8317}, CLIPROXY_PORT, or "port:" in the configuration file.`;

const reasons: Readonly<Record<string, Reason>> = {
  EADDRINUSE: {
    reason: 'address already in use',
    advice: (_host, port, elsewhere) =>
      `Another program, perhaps another cliproxy, has port ${port}; "lsof -i :${port}" (Windows: "netstat -ano") shows which. ${elsewhere}`,
  },
  EACCES: {
    reason: 'permission denied',
    advice: (_host, port, elsewhere) =>
      port < 1024
        ? `Ports below 1024 belong to the administrator. ${elsewhere}`
        : `The system keeps port ${port} for itself; on Windows, Hyper-V does, and "netsh interface ipv4 show excludedportrange protocol=tcp" lists them. ${elsewhere}`,
  },
  EADDRNOTAVAIL: {
    reason: 'cannot assign requested address',
    advice: (host) =>
      `${host} is no address of this machine. Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its networks.`,
  },
  ENOTFOUND: {
    reason: 'no such host',
    advice: (host) =>
      `The name ${host} is not known. Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its networks.`,
  },
};
const aliases: Readonly<Record<string, string>> = { EPERM: 'EACCES', EAI_AGAIN: 'ENOTFOUND', EAI_NONAME: 'ENOTFOUND' };

/**
 * The failure to report for what listening threw; anything that is not about the address is given back as it is. `elsewhere`: how to
 * choose another port, where that is not as for the gateway.
 */
export function listenFailure(
  thrown: unknown,
  host: string,
  port: number,
  elsewhere: string = gatewayElsewhere(port),
): unknown {
  const code = codeOf(thrown);
  const known = reasons[aliases[code] ?? code];
  if (!known) return thrown;
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new StartFailure(
    `failed to start HTTP server: listen tcp ${address}: ${known.reason} (${code})`,
    known.advice(host, port, elsewhere),
  );
}
