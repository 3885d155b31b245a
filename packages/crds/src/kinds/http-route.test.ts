import { expect, test } from 'vitest';
import { objectOf, problemsOf } from '../testing/index.ts';
import { gatewayObject, policyObject, serverParent } from '../testing/manifest.ts';

type Value = Readonly<Record<string, unknown>>;

const policyRoute = (spec: Value, version = 'v1beta3', metadata: Value = {}) =>
  policyObject('HTTPRoute', version, { parentRefs: [serverParent], ...spec }, metadata);
const gatewayRoute = (spec: Value, version = 'v1') =>
  gatewayObject('HTTPRoute', version, { parentRefs: [serverParent], ...spec });
const withRule = (rule: Value): Value => ({ rules: [rule] });
const withMatch = (match: Value): Value => withRule({ matches: [match] });
const serviceParent = { group: '', kind: 'Service', name: 'web', port: 80 };

const anyPath = { path: { kind: 'prefix', value: '/' }, headers: [], queryParams: [], method: undefined };
const plainRule = { matches: [anyPath], filters: [], backendRefs: [], timeouts: {} };

test.each(['v1alpha1', 'v1beta1', 'v1beta2', 'v1beta3'])(
  'policy %s: a rule without matches takes every request',
  (version) => {
    for (const spec of [{}, { rules: [{}] }, { rules: [{ matches: [] }] }]) {
      expect(objectOf(policyRoute(spec, version))).toEqual({
        group: 'policy.linkerd.io',
        kind: 'HTTPRoute',
        metadata: expect.objectContaining({ name: 'web' }),
        spec: { parentRefs: [{ ...serverParent, namespace: 'shop' }], hostnames: [], rules: [plainRule] },
      });
    }
  },
);

test('everything a match can say', () => {
  const match = {
    method: 'GET',
    path: { type: 'RegularExpression', value: '/a+' },
    headers: [
      { name: 'X-Tenant', value: 'Blue' },
      { name: 'accept', type: 'RegularExpression', value: '.*json' },
    ],
    queryParams: [{ name: 'Page', type: 'Exact', value: '1' }],
  };
  for (const route of [
    policyRoute(withMatch(match)),
    gatewayRoute(withMatch(match)),
    gatewayRoute(withMatch(match), 'v1beta1'),
  ]) {
    expect(objectOf(route)).toMatchObject({
      spec: {
        rules: [
          {
            matches: [
              {
                method: 'GET',
                path: { kind: 'regex', value: '/a+' },
                headers: [
                  { kind: 'exact', name: 'x-tenant', value: 'Blue' },
                  { kind: 'regex', name: 'accept', value: '.*json' },
                ],
                queryParams: [{ kind: 'exact', name: 'Page', value: '1' }],
              },
            ],
          },
        ],
      },
    });
  }
});

test('header values are bytes: UTF-8, held as Latin-1', () => {
  const modifier = { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'ü\ud800' }] } };
  const rule = { matches: [{ headers: [{ name: 'a', value: 'grün %' }] }], filters: [modifier] };
  expect(objectOf(policyRoute(withRule(rule)))).toMatchObject({
    spec: {
      rules: [
        {
          matches: [{ headers: [{ value: Buffer.from('grün %').toString('latin1') }] }],
          filters: [{ set: [{ value: Buffer.from('ü\ufffd').toString('latin1') }] }],
        },
      ],
    },
  });
});

test('filters, backends and timeouts', () => {
  const rule = {
    matches: [{ path: { value: '/a' } }],
    filters: [
      { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'X-A', value: '1' }], remove: ['X-B'] } },
    ],
    backendRefs: [
      {
        name: 'v2',
        port: 80,
        filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { add: [{ name: 'X-C', value: '2' }] } }],
      },
      { name: 'v1', namespace: 'old', port: 81, weight: 0 },
    ],
    timeouts: { request: '1m30s', backendRequest: '500ms' },
  };
  expect(objectOf(policyRoute({ parentRefs: [serviceParent], ...withRule(rule) }))).toMatchObject({
    spec: {
      parentRefs: [{ ...serviceParent, namespace: 'shop' }],
      rules: [
        {
          filters: [{ kind: 'requestHeaders', add: [], set: [{ name: 'x-a', value: '1' }], remove: ['x-b'] }],
          backendRefs: [
            {
              group: '',
              kind: 'Service',
              namespace: 'shop',
              name: 'v2',
              port: 80,
              weight: 1,
              filters: [{ kind: 'responseHeaders', add: [{ name: 'x-c', value: '2' }], set: [], remove: [] }],
            },
            { namespace: 'old', name: 'v1', weight: 0 },
          ],
          timeouts: { requestMs: 90_000, backendRequestMs: 500 },
        },
      ],
    },
  });
});

test.each([
  [
    { type: 'ReplaceFullPath', replaceFullPath: '/new' },
    { kind: 'full', value: '/new' },
  ],
  [
    { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' },
    { kind: 'prefix', value: '/new' },
  ],
  [
    { type: 'ReplacePrefixMatch', replacePrefixMatch: '' },
    { kind: 'prefix', value: '' },
  ],
])('a redirect to path %j', (path, expected) => {
  const requestRedirect = { scheme: 'https', hostname: 'example.org', port: 8443, path };
  expect(objectOf(policyRoute(withRule({ filters: [{ type: 'RequestRedirect', requestRedirect }] })))).toMatchObject({
    spec: {
      rules: [
        {
          filters: [
            { kind: 'redirect', scheme: 'https', host: 'example.org', port: 8443, status: 302, path: expected },
          ],
        },
      ],
    },
  });
});

test('backends of the first versions have fewer fields and another default namespace', () => {
  const rule = { backendRefs: [{ name: 'v2', port: 80 }] };
  const parentRefs = [serviceParent];
  for (const version of ['v1alpha1', 'v1beta1']) {
    expect(objectOf(policyRoute({ parentRefs, ...withRule(rule) }, version))).toMatchObject({
      spec: { rules: [{ backendRefs: [{ group: '', kind: 'Service', namespace: 'default', name: 'v2', weight: 1 }] }] },
    });
    expect(problemsOf(policyRoute(withRule({ backendRefs: [{ name: 'v2', weight: 2 }] }), version))).toEqual([
      'spec.rules[0].backendRefs[0].weight: unknown field; the fields here are name, port, namespace',
    ]);
    expect(problemsOf(policyRoute(withRule({ timeouts: {} }), version))).toEqual([
      'spec.rules[0].timeouts: unknown field; the fields here are matches, filters, backendRefs',
    ]);
  }
  expect(problemsOf(policyRoute(withRule({ timeouts: {} }), 'v1beta2'))).toEqual([
    'spec.rules[0].timeouts: unknown field; the fields here are matches, filters, backendRefs',
  ]);
});

test('Gateway filters that cannot be enforced are taken with a warning', () => {
  const rule = {
    filters: [
      {
        type: 'URLRewrite',
        urlRewrite: { hostname: 'x.example', path: { type: 'ReplaceFullPath', replaceFullPath: '/' } },
      },
      { type: 'RequestMirror', requestMirror: { backendRef: { name: 'copy', port: 80 }, percent: 5 } },
      { type: 'CORS', cors: { allowOrigins: ['*'] } },
      { type: 'ExtensionRef', extensionRef: { group: 'x.example', kind: 'Y', name: 'z' } },
    ],
    retry: { attempts: 2 },
  };
  expect(objectOf(gatewayRoute(withRule(rule)))).toMatchObject({
    spec: {
      rules: [
        {
          filters: [
            { kind: 'urlRewrite', host: 'x.example', path: { kind: 'full', value: '/' } },
            { kind: 'unsupported', type: 'RequestMirror' },
            { kind: 'unsupported', type: 'CORS' },
            { kind: 'unsupported', type: 'ExtensionRef' },
          ],
        },
      ],
    },
  });
  expect(problemsOf(gatewayRoute(withRule(rule)))).toEqual([
    'warning: spec.rules[0].retry: is not supported by the mesh and has no effect',
    'warning: spec.rules[0].filters[1].type: "RequestMirror" is not enforced by this version; the rule answers 500',
    'warning: spec.rules[0].filters[2].type: "CORS" is not enforced by this version; the rule answers 500',
    'warning: spec.rules[0].filters[3].type: "ExtensionRef" is not enforced by this version; the rule answers 500',
  ]);
});

const match0 = 'spec.rules[0].matches[0]';
const methods = 'GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH';
const many = (count: number, item: unknown): unknown[] => Array.from({ length: count }, () => item);

test.each<[Value, string[]]>([
  [withMatch({ method: 'FETCH' }), [`${match0}.method: "FETCH" is not an HTTP method; use one of ${methods}`]],
  [withMatch({ method: 'BREW' }), [`${match0}.method: "BREW" is not an HTTP method; use one of ${methods}`]],
  [withMatch({ method: 7 }), [`${match0}.method: 7 is not an HTTP method; use one of ${methods}`]],
  [withMatch({ path: { value: 'a' } }), [`${match0}.path.value: "a" is not an absolute path; begin it with "/"`]],
  [
    withMatch({ path: { type: 'Exact', value: '' } }),
    [`${match0}.path.value: "" is not an absolute path; begin it with "/"`],
  ],
  [
    withMatch({ path: { type: 'Prefix' } }),
    [`${match0}.path.type: "Prefix" is not a path match; use one of Exact, PathPrefix, RegularExpression`],
  ],
  [
    withMatch({ path: { type: 'RegularExpression', value: '(' } }),
    [`${match0}.path.value: "(" is not a regular expression (RE2): missing )`],
  ],
  [
    withMatch({ headers: [{ name: 'a', type: 'RegularExpression', value: '(' }] }),
    [`${match0}.headers[0].value: "(" is not a regular expression (RE2): missing )`],
  ],
  [
    withMatch({ headers: [{ name: 'a b', value: 'x' }] }),
    [`${match0}.headers[0].name: "a b" is not a header name; use letters, digits and !#$%&'*+-.^_\`|~`],
  ],
  [withMatch({ headers: [{ name: 'a' }] }), [`${match0}.headers[0].value: is required: the value to match`]],
  [
    withMatch({
      headers: [
        { name: 'a', value: 'x' },
        { name: 'A', value: 'y' },
      ],
    }),
    [`${match0}.headers[1].name: "A" is matched twice; all matches must hold, so write one`],
  ],
  [
    withMatch({
      queryParams: [
        { name: 'a', value: 'x' },
        { name: 'a', value: 'y' },
      ],
    }),
    [`${match0}.queryParams[1].name: "a" is matched twice; all matches must hold, so write one`],
  ],
  [withMatch({ queryparams: [] }), [`${match0}.queryparams: unknown field; did you mean queryParams?`]],
  [
    withMatch({ headers: many(17, { name: 'a', value: 'x' }) }),
    [`${match0}.headers: has 17 entries; at most 16 are allowed`],
  ],
  [{ rules: many(17, {}) }, ['spec.rules: has 17 entries; at most 16 are allowed']],
  [{ parentRefs: many(33, serverParent) }, ['spec.parentRefs: has 33 entries; at most 32 are allowed']],
  [{ hostnames: many(17, 'a.example') }, ['spec.hostnames: has 17 entries; at most 16 are allowed']],
  [
    { hostnames: ['*.*.example'] },
    [
      'spec.hostnames[0]: "*.*.example" is not a host name; write a lower-case DNS name, "*." before it to match what ends in it',
    ],
  ],
  [
    withRule({ filters: [{ type: 'RequestHeaderModifier' }] }),
    ['spec.rules[0].filters[0].requestHeaderModifier: is required by a filter of type RequestHeaderModifier'],
  ],
  [
    withRule({ filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: {}, requestRedirect: {} }] }),
    [
      'spec.rules[0].filters[0].requestRedirect: belongs to filters of type RequestRedirect, and this one is RequestHeaderModifier',
    ],
  ],
  [
    withRule({
      filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'a:', value: 'x' }] } }],
    }),
    [
      `spec.rules[0].filters[0].requestHeaderModifier.add[0].name: "a:" is not a header name; use letters, digits and !#$%&'*+-.^_\`|~`,
    ],
  ],
  [
    withRule({
      filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'a', value: 'x\r\ny: z' }] } }],
    }),
    [
      'spec.rules[0].filters[0].requestHeaderModifier.add[0].value: a header value holds no line breaks or control characters',
    ],
  ],
  [
    withRule({
      filters: [
        { type: 'RequestRedirect', requestRedirect: { path: { type: 'ReplaceFullPath', replaceFullPath: 'x' } } },
      ],
    }),
    ['spec.rules[0].filters[0].requestRedirect.path.replaceFullPath: "x" is not an absolute path; begin it with "/"'],
  ],
  [
    withRule({ filters: [{ type: 'RequestRedirect', requestRedirect: { path: { type: 'ReplaceFullPath' } } }] }),
    ['spec.rules[0].filters[0].requestRedirect.path.replaceFullPath: is required by type ReplaceFullPath'],
  ],
  [
    withRule({
      filters: [
        {
          type: 'RequestRedirect',
          requestRedirect: { path: { type: 'ReplaceFullPath', replaceFullPath: '/', replacePrefixMatch: '/' } },
        },
      ],
    }),
    [
      'spec.rules[0].filters[0].requestRedirect.path.replacePrefixMatch: does not go with type ReplaceFullPath; remove it',
    ],
  ],
  [
    withRule({ filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'ftp' } }] }),
    ['spec.rules[0].filters[0].requestRedirect.scheme: "ftp" is not a scheme; use one of http, https'],
  ],
])('both groups refuse %j', (spec, expected) => {
  expect(problemsOf(policyRoute(spec))).toEqual(expected);
  expect(problemsOf(gatewayRoute(spec))).toEqual(expected);
});

test.each<[Value, string[]]>([
  [
    withRule({ filters: [{ type: 'RequestRedirect', requestRedirect: { statusCode: 307 } }] }),
    ['spec.rules[0].filters[0].requestRedirect.statusCode: 307 is not a status for a redirect; use 301, 302'],
  ],
  [
    withRule({ filters: [{ type: 'URLRewrite' }] }),
    [
      'spec.rules[0].filters[0].type: "URLRewrite" is not a filter this route takes; use one of RequestHeaderModifier, RequestRedirect',
    ],
  ],
  [withRule({ matches: many(9, {}) }), ['spec.rules[0].matches: has 9 entries; at most 8 are allowed']],
  [
    withRule({ timeouts: { request: '-1s' } }),
    ['spec.rules[0].timeouts.request: "-1s" is not a duration; write like 10s, 250ms or 1h30m (units h, m, s, ms)'],
  ],
  [
    withRule({ timeouts: { request: '1s', backendRequest: '2s' } }),
    [
      'spec.rules[0].timeouts.backendRequest: 2s is longer than the whole request may take, 1s; lower it or raise request',
    ],
  ],
  [
    { parentRefs: [{ group: 'policy.linkerd.io', kind: 'EgressNetwork', name: 'out' }] },
    ['spec.parentRefs[0].port: is required: a route on an EgressNetwork names the port it speaks of'],
  ],
  [
    { parentRefs: [{ name: 'web' }] },
    [
      'warning: spec.parentRefs[0].kind: is absent, which means Gateway; is no parent the mesh knows; use kind Server (group policy.linkerd.io) for inbound routes, or Service (group "") or EgressNetwork (group policy.linkerd.io) for outbound ones',
    ],
  ],
  [
    { parentRefs: [{ ...serverParent, port: 80, namespace: 'other' }] },
    [
      'warning: spec.parentRefs[0].namespace: a Server takes routes of its own namespace only; the route does not attach',
      'warning: spec.parentRefs[0].port: a parent of kind Server takes no such field; remove it, or the route does not attach',
    ],
  ],
  [
    withMatch({ path: { value: '/a/../b' } }),
    [
      `warning: ${match0}.path.value: "/a/../b" never matches: requests whose path has "//", dot segments, "?", "#", "\\" or their encodings are refused`,
    ],
  ],
  [
    withRule({
      matches: [{ path: { type: 'Exact', value: '/a' } }],
      filters: [
        { type: 'RequestRedirect', requestRedirect: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } },
      ],
    }),
    [
      'warning: spec.rules[0].filters: ReplacePrefixMatch needs every match of the rule to be of a path prefix; other requests answer 500',
    ],
  ],
  [
    withRule({ backendRefs: [{ name: 'v1' }] }),
    [
      'warning: spec.rules[0].backendRefs[0].port: is required: the port of the Service; without it the backend answers 500',
    ],
  ],
])('policy.linkerd.io answers %j with %j', (spec, expected) => {
  expect(problemsOf(policyRoute(spec))).toEqual(expected);
});

const redirect = { type: 'RequestRedirect', requestRedirect: {} };

test.each<[Value, string[]]>([
  [
    withRule({ backendRefs: [{ name: 'v1' }] }),
    ['spec.rules[0].backendRefs[0].port: is required: the port of the Service; without it the backend answers 500'],
  ],
  [{ rules: [] }, ['spec.rules: has 0 entries; at least 1 is needed']],
  [
    { rules: [{ matches: many(64, {}) }, { matches: many(64, {}) }, { matches: [{}] }] },
    ['spec.rules: have 129 matches in all; at most 128; split the route'],
  ],
  [
    withMatch({ path: { value: '/a//b' } }),
    [
      `${match0}.path.value: "/a//b" never matches: requests whose path has "//", dot segments, "?", "#", "\\" or their encodings are refused`,
    ],
  ],
  [
    withRule({ filters: [redirect, redirect] }),
    ['spec.rules[0].filters: has two filters of one type; join them into one'],
  ],
  [
    withRule({ filters: [redirect, { type: 'URLRewrite', urlRewrite: {} }] }),
    ['spec.rules[0].filters: has a RequestRedirect and a URLRewrite, which exclude each other; keep one'],
  ],
  [
    withRule({ filters: [redirect], backendRefs: [{ name: 'v1', port: 80 }] }),
    ['spec.rules[0].backendRefs: a rule that redirects sends nothing to backends; remove them or the redirect'],
  ],
])('the Gateway API refuses %j', (spec, expected) => {
  expect(problemsOf(gatewayRoute(spec))).toEqual(expected);
});

test('the Gateway API knows more redirects', () => {
  expect(
    problemsOf(gatewayRoute(withRule({ filters: [{ ...redirect, requestRedirect: { statusCode: 308 } }] }))),
  ).toEqual([]);
});

const annotated = (annotations: Value, parentRefs: readonly unknown[] = [serviceParent]) =>
  problemsOf(policyRoute({ parentRefs }, 'v1beta3', { annotations }));

test.each([
  ['retry.linkerd.io/http', '5xx,gateway-error,429,500-504', undefined],
  [
    'retry.linkerd.io/http',
    '504-500',
    '"504-500" is not a condition for a retry; use 5xx, gateway-error, a status, or a range such as 502-504',
  ],
  [
    'retry.linkerd.io/http',
    'always',
    '"always" is not a condition for a retry; use 5xx, gateway-error, a status, or a range such as 502-504',
  ],
  ['retry.linkerd.io/grpc', 'cancelled,unavailable', undefined],
  [
    'retry.linkerd.io/grpc',
    'ok',
    '"ok" is not a gRPC status for a retry; use cancelled, deadline-exceeded, internal, resource-exhausted, unavailable',
  ],
  ['retry.linkerd.io/limit', '3', undefined],
  ['retry.linkerd.io/limit', '0', '"0" is not a number of retries; use a whole number from 1'],
  ['retry.linkerd.io/timeout', '400ms', undefined],
  [
    'retry.linkerd.io/timeout',
    '1.5s',
    '"1.5s" is not a duration; write a number and ms, s, m, h or d, like 250ms or 10s',
  ],
  ['timeout.linkerd.io/request', '10s', undefined],
  [
    'timeout.linkerd.io/response',
    '10',
    '"10" is not a duration; write a number and ms, s, m, h or d, like 250ms or 10s',
  ],
  ['timeout.linkerd.io/idle', '0', undefined],
])('annotation %s: %s', (key, value, trouble) => {
  expect(annotated({ [key]: value })).toEqual(
    trouble === undefined ? [] : [`metadata.annotations["${key}"]: ${trouble}`],
  );
  expect(annotated({ [key]: value }, [serverParent])).toEqual([]);
});

test('an unknown annotation of the kind is a warning', () => {
  expect(annotated({ 'timeout.linkerd.io/requests': '1s', 'example.org/x': 'y' })).toEqual([
    'warning: metadata.annotations["timeout.linkerd.io/requests"]: is not an annotation the mesh knows; did you mean timeout.linkerd.io/request?',
  ]);
});
