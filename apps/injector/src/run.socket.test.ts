/** The process as a whole, in process: real files, real sockets, real TLS, and reviews as the API server sends them. */
import { createHash } from 'node:crypto';
import { post, type ReviewResponse, reviewOf } from '@heddle/admission/testing';
import { createCertificateMill, eventually } from '@heddle/testkit';
import { applyPatch, type Operation } from 'rfc6902';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectMeshed, expectValidPod, type Pod } from './testing/pod-oracle.ts';
import { podFrom } from './testing/pods.ts';
import { type InjectorUnderTest, startInjectorUnderTest } from './testing/running-injector.ts';

let injector: InjectorUnderTest;

const ready = async (under: InjectorUnderTest): Promise<string> =>
  (await fetch(`http://127.0.0.1:${under.running.adminPort}/ready`)).text();

beforeAll(async () => {
  injector = await startInjectorUnderTest();
  await eventually(async () => {
    expect(await ready(injector)).toBe('waiting for a webhook certificate\n');
  });
  await injector.writeCertificate(injector.leaf());
  await eventually(async () => {
    expect(await ready(injector)).toBe('ready\n');
  });
});

afterAll(() => injector[Symbol.asyncDispose]());

const ask = (body: string | Uint8Array, options = {}): Promise<ReviewResponse> => post(injector.target, body, options);

const patchOf = ({ body }: ReviewResponse): Operation[] =>
  JSON.parse(Buffer.from(body.response.patch ?? '', 'base64').toString() || '[]') as Operation[];

describe('a pod', () => {
  test.each(['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'])('is injected by %s', async (apiVersion) => {
    const pod = podFrom({
      labels: { 'pod-template-hash': '5d4f8c7b9' },
      controller: { kind: 'ReplicaSet', name: 'web-5d4f8c7b9' },
    });
    const answer = await ask(reviewOf('Pod', pod, {}, apiVersion));
    expect(answer).toMatchObject({
      status: 200,
      body: {
        apiVersion,
        kind: 'AdmissionReview',
        response: { uid: '705ab4f5-6393-11e8-b7cc-42010a800002', allowed: true, patchType: 'JSONPatch' },
      },
    });
    applyPatch(pod, patchOf(answer));
    expectValidPod(pod as Pod);
    expectMeshed(pod as Pod);
    expect((pod as Pod).metadata.labels).toMatchObject({ 'linkerd.io/proxy-deployment': 'web' });
    expect(injector.lines).toContainEqual(
      expect.objectContaining({ event: 'Injected', owner: 'Deployment/web', namespace: 'shop' }),
    );
  });

  test('of a Job is that of its CronJob', async () => {
    const pod = podFrom({ controller: { kind: 'Job', name: 'report-28000000' } });
    applyPatch(pod, patchOf(await ask(reviewOf('Pod', pod))));
    expect((pod as Pod).metadata.labels).toMatchObject({ 'linkerd.io/proxy-cronjob': 'report' });
  });

  test('in a namespace that does not ask is left as it is, and that is told', async () => {
    const pod = podFrom({ controller: { kind: 'DaemonSet', name: 'agent' } });
    const { body } = await ask(reviewOf('Pod', pod, { namespace: 'plain' }));
    expect(body.response).toEqual({ uid: expect.any(String) as string, allowed: true });
    expect(injector.lines).toContainEqual(
      expect.objectContaining({
        event: 'InjectionSkipped',
        owner: 'DaemonSet/agent',
        namespace: 'plain',
        reasons: ['injection_enable_annotation_absent'],
      }),
    );
  });

  test('that cannot be meshed is refused', async () => {
    const { status, body } = await ask(reviewOf('Pod', podFrom({ spec: { securityContext: { runAsUser: 2102 } } })));
    expect(status).toBe(200);
    expect(body.response).toMatchObject({
      allowed: false,
      status: { code: 422, reason: 'Invalid', message: expect.stringContaining("the proxy's user 2102") as string },
    });
  });

  test('shows its warnings', async () => {
    const pod = podFrom({ annotations: { 'config.linkerd.io/skip-inbound-port': '1' } });
    expect((await ask(reviewOf('Pod', pod))).body.response.warnings).toEqual([
      expect.stringContaining('is not known and has no effect'),
    ]);
  });
});

test('a Service gets its opaque ports', async () => {
  const service = { metadata: { name: 'db' }, spec: { ports: [{ port: 3306 }] } };
  const answer = await ask(reviewOf('Service', service));
  expect(patchOf(answer)).toEqual([
    { op: 'add', path: '/metadata/annotations', value: { 'config.linkerd.io/opaque-ports': '3306' } },
  ]);
});

test('a Service in a namespace that is not known yet is let be', async () => {
  const answer = await ask(reviewOf('Service', { spec: { ports: [{ port: 25 }] } }, { namespace: 'nowhere' }));
  expect(answer.body.response).toEqual({
    uid: expect.any(String) as string,
    allowed: true,
    warnings: ['opaque ports are not written down: namespace "nowhere" is not known here'],
  });
});

test('a container that joins a meshed pod must not be the proxy', async () => {
  const joined = async (runAsUser: number) => {
    const pod = podFrom();
    applyPatch(pod, patchOf(await ask(reviewOf('Pod', pod))));
    Object.assign((pod as { readonly spec: object }).spec, {
      ephemeralContainers: [{ name: 'debugger', image: 'busybox', securityContext: { runAsUser } }],
    });
    return ask(reviewOf('Pod', pod, { operation: 'UPDATE', subResource: 'ephemeralcontainers' }));
  };
  expect((await joined(1000)).body.response).toMatchObject({ allowed: true });
  expect((await joined(2102)).body.response).toMatchObject({
    allowed: false,
    status: { code: 422, message: expect.stringContaining("debugger runs as the proxy's user 2102") as string },
  });
});

test('what is not made is let be', async () => {
  expect((await ask(reviewOf('Pod', null, { operation: 'DELETE' }))).body.response).toEqual({
    uid: expect.any(String) as string,
    allowed: true,
  });
});

describe('refused with a review', () => {
  const deep = `${'['.repeat(65)}${']'.repeat(65)}`;
  test.each([
    ['nothing', '', 400, 'the body is not JSON'],
    ['no JSON', 'hello', 400, 'the body is not JSON'],
    ['bytes', new Uint8Array([0xff, 0xfe, 0]), 400, 'the body is not JSON'],
    ['another value', '42', 400, 'the review is not an object'],
    ['null', 'null', 400, 'the review is not there'],
    ['another object', '{"apiVersion":"v1","kind":"Pod"}', 400, 'apiVersion is not one of admission.k8s.io/v1'],
    ['no request', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}', 400, 'request is not there'],
    ['no uid', reviewOf('Pod', {}, { uid: '' }), 400, 'request.uid is not a uid'],
    ['deep nesting', deep, 400, 'nested deeper than 64 levels'],
    ['a large body', ' '.repeat(4 * 1024 * 1024 + 1), 413, 'too large'],
    ['another kind', reviewOf('Secret', {}), 200, 'neither a Pod nor a Service'],
    ['an unknown namespace', reviewOf('Pod', podFrom(), { namespace: 'nowhere' }), 200, 'try again in a moment'],
    ['no pod', reviewOf('Pod', null), 200, 'the pod is not there'],
    ['a pod without containers', reviewOf('Pod', { spec: {} }), 200, 'spec.containers is not a list of containers'],
    [
      'a pod of another shape',
      reviewOf('Pod', podFrom({ containers: [{ name: 'a', ports: [{ containerPort: 'x' }] }] })),
      200,
      'spec.containers[0].ports[0].containerPort is not a whole number',
    ],
    [
      'an annotation that is no text',
      reviewOf('Pod', { metadata: { annotations: { a: null } }, spec: { containers: [] } }),
      200,
      'is not',
    ],
    ['a Service of another shape', reviewOf('Service', { spec: { ports: 1 } }), 200, 'spec.ports is not a list'],
  ])('%s', async (_, body, status, message) => {
    const answer = await ask(body);
    expect(answer).toMatchObject({
      status,
      body: {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { allowed: false, status: { message: expect.stringContaining(message) as string } },
      },
    });
  });

  test.each([
    ['/', 'GET', 405],
    ['/elsewhere', 'POST', 404],
  ])('%s %s', async (path, method, status) => {
    expect(await ask('', { path, method })).toMatchObject({ status, body: { response: { allowed: false } } });
  });
});

test('a new certificate is used from its file on, a bad one never', async () => {
  const next = injector.leaf();
  await injector.writeCertificate(next);
  const serial = async (): Promise<string> => (await ask(reviewOf('Pod', podFrom()))).serialNumber;
  const before = await serial();
  await eventually(async () => {
    expect(await serial()).not.toBe(before);
  });
  const current = await serial();
  await injector.dir.write('tls.key', injector.leaf().keyPem);
  await eventually(() => {
    expect(injector.lines).toContainEqual(
      expect.objectContaining({ msg: expect.stringContaining('the last one stays in use') as string }),
    );
  });
  expect(await serial()).toBe(current);
  await injector.writeCertificate(next);
});

test('a change of values holds from their file on, a mistake never', async () => {
  const user = async (): Promise<unknown> => {
    const pod = podFrom();
    applyPatch(pod, patchOf(await ask(reviewOf('Pod', pod))));
    return (pod as Pod).spec.initContainers?.[1]?.securityContext?.runAsUser;
  };
  expect(await user()).toBe(2102);
  await injector.dir.write('values.yaml', 'proxy: { uid: 3000 }\n');
  await eventually(async () => {
    expect(await user()).toBe(3000);
  });
  await injector.dir.write('values.yaml', 'proxy: { uid: root }\n');
  await eventually(() => {
    expect(injector.lines).toContainEqual(
      expect.objectContaining({ msg: expect.stringContaining('proxy.uid is "root"') as string }),
    );
  });
  expect(await user()).toBe(3000);
  await injector.dir.write('values.yaml', '');
});

test('other trust anchors are given to the next pod, what is none never', async () => {
  const given = async (): Promise<readonly [anchors: string | undefined, digest: string | undefined]> => {
    const pod = podFrom();
    applyPatch(pod, patchOf(await ask(reviewOf('Pod', pod))));
    const { metadata, spec } = pod as Pod;
    const variables = spec.initContainers?.[1]?.env ?? [];
    return [
      variables.find(({ name }) => name === 'LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS')?.value,
      metadata.annotations?.['linkerd.io/trust-root-sha256'],
    ];
  };
  const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
  const [before] = await given();
  const both = `${before}${createCertificateMill().trustAnchorsPem}`;
  await injector.dir.write('ca.crt', both);
  await eventually(async () => {
    expect(await given()).toEqual([both, digestOf(both)]);
  });
  await injector.dir.write('ca.crt', 'nothing');
  await eventually(() => {
    expect(injector.lines).toContainEqual(
      expect.objectContaining({ msg: expect.stringContaining('is not a bundle of trust anchors') as string }),
    );
  });
  expect(await given()).toEqual([both, digestOf(both)]);
});

test('metrics count what was asked and answered', async () => {
  await ask(reviewOf('Pod', podFrom({ controller: { kind: 'Gadget', name: 'x' } }), { namespace: 'plain' }));
  const text = await (await fetch(`http://127.0.0.1:${injector.running.adminPort}/metrics`)).text();
  expect(text).toMatch(
    /^proxy_inject_admission_requests_total\{owner_kind="other",namespace="plain",annotation_at=""\} 1$/m,
  );
  expect(text).toMatch(
    /^proxy_inject_admission_responses_total\{owner_kind="other",namespace="plain",annotation_at="",skip="true",skip_reason="injection_enable_annotation_absent"\} 1$/m,
  );
  expect(text).toMatch(/^admission_reviews_total\{kind="other",result="refused-413"\} 1$/m);
});
