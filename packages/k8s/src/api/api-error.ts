/** What an API server answered instead of what was asked for, or why nothing was answered. */

/** `status` of an `ApiError` when there was no answer: no connection, broken off, timed out, not HTTP. */
export const noAnswer = 0;

export class ApiError extends Error {
  /** HTTP status, or `noAnswer`. */
  readonly status: number;
  /** `reason` of the API's Status object, such as `Expired` or `AlreadyExists`; empty when there is none. */
  readonly reason: string;
  /** What Retry-After asked for. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: { readonly status: number; readonly reason?: string; readonly retryAfterMs?: number | undefined },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ApiError';
    this.status = details.status;
    this.reason = details.reason ?? '';
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Whether `error` is the API's answer of this HTTP status. */
export const hasStatus = (error: unknown, status: number): error is ApiError =>
  error instanceof ApiError && error.status === status;

/** The error of an unsuccessful answer. `body` should be a Status object; anything else is quoted in part. */
export const apiErrorFrom = (
  request: string,
  answer: { readonly status: number; readonly retryAfter?: string | undefined; readonly body: string },
): ApiError => {
  const { message, reason } = statusFrom(answer.body);
  const seconds = Number(answer.retryAfter ?? '');
  return new ApiError(`${request}: ${answer.status} ${message}`, {
    status: answer.status,
    reason,
    retryAfterMs: answer.retryAfter !== undefined && seconds >= 0 ? seconds * 1000 : undefined,
  });
};

/** The error that an ERROR event of a watch carries in place of an object. */
export const apiErrorFromStatus = (request: string, status: unknown): ApiError => {
  const { message, reason, code } = statusFields(status);
  return new ApiError(`${request}: ${code} ${message}`, { status: code, reason });
};

const maxQuotedChars = 200;

const statusFrom = (body: string): { readonly message: string; readonly reason: string } => {
  try {
    return statusFields(JSON.parse(body));
  } catch {
    return { message: body.slice(0, maxQuotedChars), reason: '' };
  }
};

const statusFields = (value: unknown) => {
  const { message, reason, code } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  return {
    message: typeof message === 'string' ? message : '',
    reason: typeof reason === 'string' ? reason : '',
    code: typeof code === 'number' ? code : noAnswer,
  };
};
