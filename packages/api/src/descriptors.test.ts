/** Every message, field, enum and method of the generated code, against a table typed from the reference. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescService,
  ScalarType,
} from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { file_io_linkerd_proxy_destination } from './gen/io/linkerd/proxy/destination_pb.ts';
import { file_io_linkerd_proxy_grpc_route } from './gen/io/linkerd/proxy/grpc_route_pb.ts';
import { file_io_linkerd_proxy_http_route } from './gen/io/linkerd/proxy/http_route_pb.ts';
import { file_io_linkerd_proxy_http_types } from './gen/io/linkerd/proxy/http_types_pb.ts';
import { file_io_linkerd_proxy_identity } from './gen/io/linkerd/proxy/identity_pb.ts';
import { file_io_linkerd_proxy_inbound } from './gen/io/linkerd/proxy/inbound_pb.ts';
import { file_io_linkerd_proxy_meta } from './gen/io/linkerd/proxy/meta_pb.ts';
import { file_io_linkerd_proxy_net } from './gen/io/linkerd/proxy/net_pb.ts';
import { file_io_linkerd_proxy_opaque_route } from './gen/io/linkerd/proxy/opaque_route_pb.ts';
import { file_io_linkerd_proxy_outbound } from './gen/io/linkerd/proxy/outbound_pb.ts';
import { file_io_linkerd_proxy_tap } from './gen/io/linkerd/proxy/tap_pb.ts';
import { file_io_linkerd_proxy_tls_route } from './gen/io/linkerd/proxy/tls_route_pb.ts';
import { file_transport_l5d_io_header } from './gen/transport/l5d/io/header_pb.ts';

const files: readonly DescFile[] = [
  file_io_linkerd_proxy_destination,
  file_io_linkerd_proxy_grpc_route,
  file_io_linkerd_proxy_http_route,
  file_io_linkerd_proxy_http_types,
  file_io_linkerd_proxy_identity,
  file_io_linkerd_proxy_inbound,
  file_io_linkerd_proxy_meta,
  file_io_linkerd_proxy_net,
  file_io_linkerd_proxy_opaque_route,
  file_io_linkerd_proxy_outbound,
  file_io_linkerd_proxy_tap,
  file_io_linkerd_proxy_tls_route,
  file_transport_l5d_io_header,
];

/** One line per fact, in a form that both sides can be brought to. */
const generatedFacts = (): string[] =>
  files.flatMap((file) => [
    ...file.messages.flatMap(messageFacts),
    ...file.enums.flatMap(enumFacts),
    ...file.services.flatMap(serviceFacts),
  ]);

const messageFacts = (message: DescMessage): string[] => [
  `message ${message.typeName}`,
  ...message.fields.map(
    (field) => `${message.typeName} ${field.number} ${field.name} ${typeOf(field)}${oneofOf(field)}`,
  ),
  ...message.nestedMessages.flatMap(messageFacts),
  ...message.nestedEnums.flatMap(enumFacts),
];

const typeOf = (field: DescField): string => {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarName(field.scalar);
    case 'message':
      return field.message.typeName;
    case 'enum':
      return field.enum.typeName;
    case 'list':
      if (field.listKind === 'scalar') return `rep ${scalarName(field.scalar)}`;
      return `rep ${field.listKind === 'message' ? field.message.typeName : field.enum.typeName}`;
    case 'map':
      return `map<${scalarName(field.mapKey)},${field.mapKind === 'scalar' ? scalarName(field.scalar) : '?'}>`;
  }
};

const scalarName = (type: ScalarType): string => ScalarType[type].toLowerCase();
const oneofOf = (field: DescField): string => (field.oneof === undefined ? '' : ` in ${field.oneof.name}`);

const enumFacts = (type: DescEnum): string[] =>
  type.values.map(({ name, number }) => `enum ${type.typeName} ${name}=${number}`);

const serviceFacts = (service: DescService): string[] =>
  service.methods.map(
    (method) => `service ${service.typeName} ${method.name} ${method.input.typeName} -> ${outputOf(method)}`,
  );

const outputOf = ({ methodKind, output }: DescMethod): string => {
  if (methodKind === 'unary') return output.typeName;
  return methodKind === 'server_streaming' ? `stream ${output.typeName}` : methodKind;
};

const scalars = new Set(Object.values(ScalarType).map((name) => String(name).toLowerCase()));

const tableFacts = (): string[] => {
  const text = readFileSync(join(import.meta.dirname, 'testdata', 'linkerd-api.txt'), 'utf8');
  const lines: { readonly scope: string; readonly body: string; readonly kind: 'message' | 'enum' | 'service' }[] = [];
  let pkg = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('package ')) {
      pkg = line.slice('package '.length);
      continue;
    }
    const [, prefix, name, body] = /^(enum |service )?([\w.]+):(.*)$/.exec(line) ?? [];
    if (name === undefined || body === undefined) throw new Error(`cannot read ${JSON.stringify(line)}`);
    const kind = prefix === 'enum ' ? 'enum' : prefix === 'service ' ? 'service' : 'message';
    lines.push({ scope: `${pkg}.${name}`, body: body.trim(), kind });
  }
  const known = new Set(lines.map(({ scope }) => scope));
  const resolve = (scope: string, type: string): string => {
    if (scalars.has(type) || type.startsWith('map<') || type.startsWith('google.')) return type;
    if (type === 'Dur') return 'google.protobuf.Duration';
    for (let outer = scope; outer !== ''; outer = outer.slice(0, Math.max(outer.lastIndexOf('.'), 0))) {
      if (known.has(`${outer}.${type}`)) return `${outer}.${type}`;
    }
    throw new Error(`${scope} speaks of ${type}, which the table does not hold`);
  };
  return lines.flatMap(({ scope, body, kind }) => {
    const items = body === '' ? [] : body.split(/; ?/);
    if (kind === 'enum') return body.split(' ').map((value) => `enum ${scope} ${value}`);
    if (kind === 'service') {
      return items.map((item) => {
        const [method = '', input = '', , ...output] = item.split(' ');
        const type = resolve(scope, output.at(-1) ?? '');
        return `service ${scope} ${method} ${resolve(scope, input)} -> ${output.length > 1 ? 'stream ' : ''}${type}`;
      });
    }
    const fields = items.map((item) => {
      const [, number, name, repeated = '', type = '', oneof = ''] =
        /^(\d+) (\w+) (rep )?(\S+)( in \w+)?$/.exec(item) ?? [];
      if (number === undefined) throw new Error(`cannot read the field ${JSON.stringify(item)} of ${scope}`);
      return `${scope} ${number} ${name} ${repeated}${resolve(scope, type)}${oneof}`;
    });
    return [`message ${scope}`, ...fields];
  });
};

test('the generated code says what the reference says, nothing more and nothing less', () => {
  const [generated, table] = [new Set(generatedFacts()), new Set(tableFacts())];
  expect([...table].filter((fact) => !generated.has(fact))).toEqual([]);
  expect([...generated].filter((fact) => !table.has(fact))).toEqual([]);
  // A table that was not read would agree with nothing; this one is whole.
  expect(table.size).toBe(generated.size);
  expect(table.size).toBeGreaterThan(400);
});
