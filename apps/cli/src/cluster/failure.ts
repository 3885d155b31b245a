/** What a command says when the cluster, or the way to it, fails; and what to do next. */
import { RpcError } from '@heddle/api';
import { ApiError, ConnectionError, noAnswer } from '@heddle/k8s';

/** Undefined for what is no failure of a cluster but a mistake of ours. */
export const failureText = (error: unknown): string | undefined => {
  if (error instanceof ConnectionError) return error.message;
  if (error instanceof ApiError) return `${error.message}\n${nextStep(error)}`;
  if (error instanceof RpcError) return `the control plane answered ${error.code}: ${error.message}`;
  return error instanceof CommandFailure ? error.message : undefined;
};

/** A command cannot go on, for a reason that its user can mend; the message says how. */
export class CommandFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CommandFailure';
  }
}

const nextStep = ({ status }: ApiError): string => {
  switch (status) {
    case noAnswer:
      return 'try `kubectl cluster-info`: is this the right context, and is the cluster up?';
    case 401:
      return 'the API server does not know who you are: log in again, or look at the user of the kubeconfig';
    case 403:
      return 'your account may not do that: ask whoever administers the cluster, or use another --context';
    default:
      return 'try again; if it stays, `kubectl get --raw /readyz?verbose` says how the API server is';
  }
};
