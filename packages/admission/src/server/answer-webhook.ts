/** The webhook as HTTP sees it: a review in the body, a review in the answer, whatever was sent. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isNestedDeeper } from '../review/json-limits.ts';
import { ShapeError } from '../review/json-shape.ts';
import { type AdmissionAnswer, type AdmissionRequest, formatReview, readReview } from '../review/review.ts';
import type { RequestBodies, RequestBody } from './request-body.ts';

export interface WebhookOptions {
  readonly bodies: RequestBodies;
  readonly admit: (request: AdmissionRequest) => Promise<AdmissionAnswer>;
  /** A fault of this program; the request was refused. */
  readonly onFault: (error: unknown) => void;
  readonly onAnswer: (kind: string, answer: AdmissionAnswer) => void;
}

/** Objects nest 10 to 15 deep; their schemas end well below this. */
const maxDepth = 64;

/** Answers one request. Never rejects. */
export const answerWebhook = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: WebhookOptions,
): Promise<void> => {
  const path = (request.url ?? '').split('?', 1)[0];
  if (path !== '/' || request.method !== 'POST') {
    send(response, path === '/' ? 405 : 404, undefined, refuse(400, 'reviews are sent by POST to /'));
    return;
  }
  let body: RequestBody;
  try {
    body = await options.bodies.read(request);
  } catch {
    // The client went away.
    response.destroy();
    return;
  }
  const { review, answer } = await answerBody(body, options);
  // What was not read of a body is thrown away, so that the client gets to read the answer.
  request.resume();
  options.onAnswer(review?.kind ?? '', answer);
  send(response, review === undefined && answer.kind === 'refuse' ? answer.code : 200, review, answer);
};

interface Answered {
  /** Undefined when no review could be read, which the HTTP status then says too. */
  readonly review?: AdmissionRequest;
  readonly answer: AdmissionAnswer;
}

const answerBody = async (body: RequestBody, { admit, onFault }: WebhookOptions): Promise<Answered> => {
  if (body.kind === 'too-large')
    return { answer: refuse(413, 'the review is too large; no object of that size exists') };
  if (body.kind === 'overloaded') return { answer: refuse(503, 'too many reviews at once; try again in a moment') };
  if (isNestedDeeper(body.bytes, maxDepth)) {
    return { answer: refuse(400, `the review is nested deeper than ${maxDepth} levels`) };
  }
  const review = parseReview(body.bytes);
  if (typeof review === 'string') return { answer: refuse(400, `this is no AdmissionReview: ${review}`) };
  try {
    return { review, answer: await admit(review) };
  } catch (error) {
    onFault(error);
    return { review, answer: refuse(500, 'the webhook failed; its log says why') };
  }
};

/** The request, or why it is none. */
const parseReview = (bytes: Buffer): AdmissionRequest | string => {
  try {
    return readReview(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    if (error instanceof ShapeError) return error.message;
    if (error instanceof SyntaxError) return 'the body is not JSON';
    throw error;
  }
};

const refuse = (code: number, message: string): AdmissionAnswer => ({ kind: 'refuse', code, message });

const send = (
  response: ServerResponse,
  status: number,
  review: AdmissionRequest | undefined,
  answer: AdmissionAnswer,
): void => {
  const text = formatReview(review, answer);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
};
