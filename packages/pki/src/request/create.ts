/** Certificate requests as a proxy makes them (wire section 4.1): subject CN = name, one DNS SAN = name. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { encodeSubjectAltName } from '../certificate/extensions.ts';
import { encodeName } from '../certificate/names.ts';
import { encodePublicKey } from '../certificate/public-key.ts';
import { encodeSigned } from '../certificate/signature.ts';
import { explicit, oid, sequence, set, smallInteger } from '../der/write.ts';
import { oids } from '../oids.ts';

/** A PKCS#10 request (RFC 2986), DER, for `identity`, signed by `key` (ECDSA). */
export const createCsr = (identity: string, key: KeyObject): Buffer =>
  encodeSigned(
    sequence(
      smallInteger(0),
      // A common name holds at most 64 characters (RFC 5280 appendix A.1); it decides nothing, so longer ones stay out.
      encodeName(identity.length <= 64 ? identity : ''),
      encodePublicKey(createPublicKey(key)),
      explicit(0, sequence(oid(oids.extensionRequest), set(sequence(encodeSubjectAltName(identity, false))))),
    ),
    key,
  );
