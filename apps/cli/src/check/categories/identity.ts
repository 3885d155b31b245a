/** Certificates: anchors, issuer, webhooks, and which anchors the data plane began with. */
import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { type Certificate, findPath, parseAuthority, parsePrivateKey, validateIssuer } from '@heddle/pki';
import { listAt, textAt } from '../../cluster/fields.ts';
import { annotationsOf, hasEnded, isMeshed, podKey } from '../../cluster/pods.ts';
import { type Category, type Finding, failed, noneOf, noneOrWarned, ok, skipped, withKnown } from '../check.ts';
import { certificatesIn, isNearEnd, isValid, validityText, whyNoCertificates } from '../expiry.ts';
import type { CertificateFiles, ClusterFacts } from '../facts.ts';

const rotateIssuer =
  'renew the Secret linkerd-identity-issuer (cert-manager does it by itself); identity takes the new issuer up while it runs';
const rotateAnchors = 'rotate the trust anchor: bundle old and new, restart, then drop the old one';

export const identity: Category = {
  name: 'linkerd-identity',
  when: ({ isPre }) => !isPre,
  checks: [
    {
      name: 'the trust anchors can be read',
      run: ({ trustRoots, linkerdNamespace }) =>
        withKnown(trustRoots, (pem) => {
          if (pem === undefined) {
            return failed(
              `there is no ConfigMap linkerd-identity-trust-roots in namespace ${linkerdNamespace}`,
              'heddle upgrade brings it back; with identity.externalCA, trust-manager must make it',
            );
          }
          const reason = whyNoCertificates(pem);
          return reason === undefined
            ? ok(`${certificatesIn(pem).length} in the bundle`)
            : failed(`ca-bundle.crt is no bundle of certificates: ${reason}`, 'put the anchors there, in PEM');
        }),
    },
    {
      name: 'the trust anchors use keys that proxies accept',
      run: onAnchors((anchors) =>
        noneOf(
          anchors.flatMap((anchor) =>
            isGoodAnchorKey(anchor) ? [] : [`${anchor.subject} is neither ECDSA P-256 nor RSA of 2048 or 4096 bits`],
          ),
          rotateAnchors,
        ),
      ),
    },
    { name: 'the trust anchors are valid', run: onAnchors(validity(rotateAnchors)) },
    { name: 'no trust anchor is near its end', run: onAnchors(nearEnd(rotateAnchors)) },
    {
      name: 'the issuer can be read',
      run: ({ issuer, linkerdNamespace }) =>
        withKnown(issuer, (files) => {
          if (files === undefined) {
            return failed(
              `there is no Secret linkerd-identity-issuer in namespace ${linkerdNamespace}`,
              'no certificate can be issued without it: restore it, or see why cert-manager does not make it',
            );
          }
          const reason = whyNoCertificates(files.certificatePem);
          return reason === undefined ? ok() : failed(`its certificate cannot be read: ${reason}`, rotateIssuer);
        }),
    },
    { name: 'the issuer may issue under the trust anchors', run: issuerHolds },
    { name: 'the issuer is not near its end', run: onIssuer(nearEnd(rotateIssuer)) },
  ],
};

const isGoodAnchorKey = ({ key }: Certificate): boolean =>
  (key.kind === 'ec' && key.curve === 'P-256') || (key.kind === 'rsa' && (key.bits === 2048 || key.bits === 4096));

type Look = (certificates: readonly Certificate[], nowMs: number) => Finding;

function onAnchors(look: Look): (facts: ClusterFacts) => Finding {
  return ({ trustRoots, nowMs }) =>
    withKnown(trustRoots, (pem) => {
      const anchors = certificatesIn(pem ?? '');
      return anchors.length === 0 ? skipped('since there are none to read') : look(anchors, nowMs);
    });
}

function onIssuer(look: Look): (facts: ClusterFacts) => Finding {
  return ({ issuer, nowMs }) =>
    withKnown(issuer, (files) => {
      const certificates = certificatesIn(files?.certificatePem ?? '');
      return certificates.length === 0 ? skipped('since there is none to read') : look(certificates, nowMs);
    });
}

function validity(hint: string): Look {
  return (certificates, nowMs) =>
    noneOf(
      certificates
        .filter((certificate) => !isValid(certificate, nowMs))
        .map((certificate) => `${certificate.subject} ${validityText(certificate, nowMs)}`),
      hint,
    );
}

/** An error, so that the exit code says it: the next thing to come is that nothing works. */
function nearEnd(hint: string): Look {
  return (certificates, nowMs) =>
    noneOf(
      certificates
        .filter((certificate) => isNearEnd(certificate, nowMs))
        .map((certificate) => `${certificate.subject} ${validityText(certificate, nowMs)}`),
      hint,
    );
}

function issuerHolds({ issuer, trustRoots, nowMs }: ClusterFacts): Finding {
  return withKnown(trustRoots, (pem) =>
    withKnown(issuer, (files) => {
      if (files === undefined) return skipped('since there is none');
      const authority = parseAuthority(files.certificatePem, files.keyPem ?? '');
      if (authority.kind === 'invalid') return failed(authority.reason, rotateIssuer);
      const result = validateIssuer(authority.value, certificatesIn(pem ?? ''), nowMs);
      return result.kind === 'ok' ? ok() : failed(result.reasons, rotateIssuer);
    }),
  );
}

interface Hook {
  readonly name: string;
  readonly service: string;
  readonly caPem: string;
}

/** Of the control plane; several with one Service count once, unless their CAs differ. */
const hooksOf = (configurations: readonly unknown[], linkerdNamespace: string): readonly Hook[] => {
  const hooks = configurations
    .flatMap((configuration) => listAt(configuration, 'webhooks'))
    .filter((hook) => textAt(hook, 'clientConfig', 'service', 'namespace') === linkerdNamespace)
    .map((hook) => ({
      name: textAt(hook, 'name'),
      service: textAt(hook, 'clientConfig', 'service', 'name'),
      caPem: Buffer.from(textAt(hook, 'clientConfig', 'caBundle'), 'base64').toString('utf8'),
    }));
  return [...new Map(hooks.map((hook) => [`${hook.service} ${hook.caPem}`, hook])).values()];
};

const renewWebhook = 'heddle upgrade | kubectl apply -f - makes a new one; with cert-manager, see why it does not';

export const webhookCertificates: Category = {
  name: 'linkerd-webhooks-and-apisvc-tls',
  when: ({ isPre }) => !isPre,
  checks: [
    { name: 'webhooks show certificates that the API server accepts', run: onWebhooks(whyNotAccepted) },
    {
      name: 'no certificate of a webhook is near its end',
      run: onWebhooks((files, hook, nowMs) =>
        [...certificatesIn(files.certificatePem), ...certificatesIn(hook.caPem)]
          .filter((certificate) => isNearEnd(certificate, nowMs))
          .map((certificate) => `${certificate.subject || 'its certificate'} ${validityText(certificate, nowMs)}`),
      ),
    },
  ],
};

function onWebhooks(
  look: (files: CertificateFiles, hook: Hook, nowMs: number, host: string) => readonly string[],
): (facts: ClusterFacts) => Finding {
  return ({ webhooks, webhookCertificates: secrets, linkerdNamespace, nowMs }) =>
    withKnown(webhooks, (configurations) => {
      const problems: string[] = [];
      for (const hook of hooksOf(configurations, linkerdNamespace)) {
        const secret = secrets.get(hook.service);
        if (secret?.kind !== 'known')
          problems.push(`${hook.name}: its Secret could not be looked at: ${secret?.reason ?? 'not asked for'}`);
        else if (secret.value === undefined) problems.push(`${hook.name}: there is no Secret ${hook.service}-k8s-tls`);
        else {
          const host = `${hook.service}.${linkerdNamespace}.svc`;
          problems.push(...look(secret.value, hook, nowMs, host).map((problem) => `${hook.name}: ${problem}`));
        }
      }
      return noneOf(problems, renewWebhook);
    });
}

function whyNotAccepted(files: CertificateFiles, hook: Hook, nowMs: number, host: string): readonly string[] {
  const [leaf, ...intermediates] = certificatesIn(files.certificatePem);
  const authorities = certificatesIn(hook.caPem);
  if (leaf === undefined) return [`its certificate cannot be read: ${whyNoCertificates(files.certificatePem)}`];
  if (authorities.length === 0) return ['the webhook names no CA that can be read'];
  const problems: string[] = [];
  if (!isValid(leaf, nowMs)) problems.push(`its certificate ${validityText(leaf, nowMs)}`);
  if (new X509Certificate(leaf.der).checkHost(host) === undefined) {
    problems.push(`its certificate is not for ${host}`);
  }
  const path = findPath(leaf, intermediates, authorities, { nowMs, purpose: 'serverAuth' });
  if (path.kind === 'invalid') problems.push(`its certificate has ${path.reason}`);
  if (files.keyPem !== undefined) {
    const key = parsePrivateKey(files.keyPem);
    if (key.kind === 'invalid' || !createPublicKey(key.value).equals(leaf.publicKey)) {
      problems.push('its key does not belong to its certificate');
    }
  }
  return problems;
}

export const dataPlaneIdentity: Category = {
  name: 'linkerd-identity-data-plane',
  when: ({ isProxy }) => isProxy,
  checks: [
    {
      name: 'proxies began with the trust anchors of now',
      run: ({ pods, trustRoots, linkerdNamespace, dataPlaneNamespace }) =>
        withKnown(trustRoots, (pem) =>
          withKnown(pods, (all) => {
            if (pem === undefined) return skipped('since there are no trust anchors');
            const now = createHash('sha256').update(pem).digest('hex');
            const old = all.filter(
              (pod) =>
                !hasEnded(pod) &&
                isMeshed(pod, linkerdNamespace) &&
                (dataPlaneNamespace === undefined || textAt(pod, 'metadata', 'namespace') === dataPlaneNamespace) &&
                annotationsOf(pod)['linkerd.io/trust-root-sha256'] !== now,
            );
            return noneOrWarned(
              old.map((pod) => `${podKey(pod)} began with another bundle`),
              'restart them before an anchor is dropped from the bundle: kubectl rollout restart',
            );
          }),
        ),
    },
  ],
};
