/** Where a client may come from. */
import { type IpAddress, networkContains } from '@heddle/names';
import type { ClientNetwork } from './model.ts';

/** In any of the networks, and not in what that network excepts. No network matches nobody. */
export const matchesNetworks = (networks: readonly ClientNetwork[], client: IpAddress): boolean =>
  networks.some(
    ({ net, except }) => networkContains(net, client) && !except.some((hole) => networkContains(hole, client)),
  );
