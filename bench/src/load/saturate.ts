/**
 * Requests per second at saturation, by wrk with one thread. Profile `same` sends one request again and again;
 * `distinct` gives each its own path, traceparent and cookie, as real traffic does.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type Profile = 'same' | 'distinct';

export interface Saturation {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Answers other than 2xx and 3xx, and socket errors: a run that has any is no measurement. */
  readonly errors: number;
}

const headers = `
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) bench/1.0",
  ["Accept"] = "application/json, text/plain;q=0.9",
  ["Accept-Encoding"] = "gzip, br",
  ["Accept-Language"] = "en-GB,en;q=0.8",`;

const scripts: Readonly<Record<Profile, string>> = {
  same: `wrk.headers = {${headers}
  ["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  ["Cookie"] = "session=0123456789abcdef0123456789abcdef; theme=dark",
}
wrk.path = "/items/1"
`,
  distinct: `local n = 0
function request()
  n = n + 1
  local id = string.format("%016x%016x", n * 2654435761, n * 40503)
  local headers = {${headers}
    ["traceparent"] = "00-" .. id .. "-" .. string.sub(id, 1, 16) .. "-01",
    ["Cookie"] = "session=" .. id .. "; theme=dark",
  }
  return wrk.format("GET", "/items/" .. n, headers)
end
`,
};

export const saturate = async (
  url: string,
  profile: Profile,
  seconds: number,
  connections: number,
  dir: string,
): Promise<Saturation> => {
  const script = join(dir, `${profile}.lua`);
  writeFileSync(script, scripts[profile]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url];
  const { stdout } = await promisify(execFile)('wrk', args);
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout);
  return {
    requests: number(/(\d+) requests in/),
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    errors:
      number(/Non-2xx or 3xx responses: (\d+)/) +
      (socketErrors?.slice(1).reduce((sum, count) => sum + Number(count), 0) ?? 0),
  };
};
