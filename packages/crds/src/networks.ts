/** Lists of networks with exceptions, as NetworkAuthentication, ServerAuthorization and EgressNetwork write them. */
import { type IpNetwork, networkCovers, parseNetwork, sameNetwork } from '@heddle/names';
import { z } from 'zod';
import type { ReadContext } from './definition.ts';
import { type ProblemPath, quote } from './problem.ts';
import { fields } from './schema.ts';

/** An address belongs when it is in `net` and in none of `except`. */
export interface NetworkMatch {
  readonly net: IpNetwork;
  readonly except: readonly IpNetwork[];
}

/** The schema of one network. */
export const networkSchema = () =>
  fields({
    cidr: z.string().max(64).describe('a network such as 10.0.0.0/8, or one address'),
    except: z.array(z.string().max(64)).optional().describe('parts of the network that do not belong'),
  });

/** Reads a list of networks; each exception must be a proper part of its network (features §2.6). */
export const networksFrom = (
  networks: readonly z.output<ReturnType<typeof networkSchema>>[],
  path: ProblemPath,
  context: Pick<ReadContext, 'fail'>,
): NetworkMatch[] =>
  networks.flatMap(({ cidr, except = [] }, index) => {
    const net = networkFrom(cidr, [...path, index, 'cidr'], context);
    if (net === undefined) return [];
    const exceptions = except.flatMap((text, position) => {
      const at = [...path, index, 'except', position];
      const exception = networkFrom(text, at, context);
      if (exception === undefined) return [];
      if (sameNetwork(net, exception)) {
        context.fail(at, `${quote(text)} takes away all of ${quote(cidr)}; remove the network instead`);
      } else if (!networkCovers(net, exception)) {
        context.fail(
          at,
          `${quote(text)} is not within ${quote(cidr)}, so it takes nothing away; remove it or widen the network`,
        );
      }
      return [exception];
    });
    return [{ net, except: exceptions }];
  });

const networkFrom = (text: string, path: ProblemPath, context: Pick<ReadContext, 'fail'>): IpNetwork | undefined => {
  const network = parseNetwork(text);
  if (network.kind === 'ok') return network.value;
  context.fail(path, network.message);
  return undefined;
};
