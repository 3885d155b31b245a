/** Lists of networks with exceptions, as NetworkAuthentication, ServerAuthorization and EgressNetwork write them. */
import type { IpNetwork } from '@heddle/names';

/** An address belongs when it is in `net` and in none of `except`. */
export interface NetworkMatch {
  readonly net: IpNetwork;
  readonly except: readonly IpNetwork[];
}
