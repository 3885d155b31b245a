/** What the webhooks of the mesh share: reviews, and the server that answers them. */
export { type AdmissionMetrics, createAdmissionMetrics } from './admission-metrics.ts';
export {
  flagAt,
  type JsonObject,
  listAt,
  objectAt,
  ShapeError,
  textAt,
  textMapAt,
  wholeNumberAt,
} from './review/json-shape.ts';
export {
  type AdmissionAnswer,
  type AdmissionRequest,
  formatReview,
  type PatchOperation,
  readReview,
} from './review/review.ts';
export { AdmissionServer, type AdmissionServerOptions } from './server/admission-server.ts';
