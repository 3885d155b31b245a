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
export { answerWebhook } from './server/answer-webhook.ts';
export { CertificateFiles, certificatePaths } from './server/certificate-files.ts';
export { defaultBodyLimits, RequestBodies } from './server/request-body.ts';
export { WebhookServer } from './server/webhook-server.ts';
