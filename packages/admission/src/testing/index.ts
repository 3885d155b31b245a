/** For tests of a webhook: the API server's side of it. */
export { post, type ReviewResponse, reviewOf, type Target } from './review-client.ts';
