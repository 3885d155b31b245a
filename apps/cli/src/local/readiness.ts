/** Readiness probes as a kubelet makes them: a plaintext GET through the workload's proxy, from an address of the node. */
import { request } from 'node:http';
import { type PlannedWorkload, proxyPorts } from './plan.ts';

const probeTimeoutMs = 1_000;

/** True when the proxy is ready and every httpGet readiness probe of the application answers 2xx or 3xx. */
export const isWorkloadReady = async (workload: PlannedWorkload, fromAddress: string): Promise<boolean> => {
  const probes = workload.manifest.template.spec.containers.flatMap(
    ({ readinessProbe }) => readinessProbe?.httpGet ?? [],
  );
  const proxy = answers(workload.address, proxyPorts.admin, '/ready', fromAddress);
  const application = await Promise.all(
    probes.map(async ({ path, port }) => {
      const listener = workload.inbound.find((candidate) => candidate.name === port || candidate.port === port);
      return listener !== undefined && answers(workload.address, listener.listenPort, path, fromAddress);
    }),
  );
  return (await proxy) && application.every(Boolean);
};

/** Whether `GET path` answers 2xx or 3xx within a second. */
export const answers = (host: string, port: number, path: string, localAddress: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = request({ host, port, path, localAddress, agent: false, timeout: probeTimeoutMs });
    probe.once('response', (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400);
    });
    probe.once('timeout', () => probe.destroy());
    probe.once('error', () => resolve(false));
    probe.once('close', () => resolve(false));
    probe.end();
  });
