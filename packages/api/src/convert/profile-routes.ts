/** Routes and traffic splits of a profile, as ServiceProfiles have them (wire §2.9). */
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { ProfileOverride, ProfileRoute } from '@heddle/catalog';
import {
  type RequestMatch,
  RequestMatchSchema,
  type ResponseMatch,
  ResponseMatchSchema,
  type Route,
  RouteSchema,
  type WeightedDst,
  WeightedDstSchema,
} from '../gen/io/linkerd/proxy/destination_pb.ts';
import { each, nonEmpty, refuse, required } from './decoded.ts';
import { methodFromProto, methodToProto } from './http-match.ts';
import { durationFromProto, durationToProto } from './scalars.ts';

type RequestCondition = ProfileRoute['condition'];
type ResponseCondition = ProfileRoute['responseClasses'][number]['condition'];

export const profileRouteToProto = (route: ProfileRoute): Route =>
  create(RouteSchema, {
    condition: requestToProto(route.condition),
    responseClasses: route.responseClasses.map(({ condition, isFailure }) => ({
      condition: responseToProto(condition),
      isFailure,
    })),
    metricsLabels: { ...route.labels },
    isRetryable: route.isRetryable,
    ...(route.timeoutMs === undefined ? {} : { timeout: durationToProto(route.timeoutMs) }),
  });

export const profileRouteFromProto = (route: Route): ProfileRoute => ({
  condition: requestFromProto(required(route.condition, 'condition')),
  responseClasses: each(route.responseClasses, 'response_classes', ({ condition, isFailure }) => ({
    condition: responseFromProto(required(condition, 'condition')),
    isFailure,
  })),
  labels: route.metricsLabels,
  isRetryable: route.isRetryable,
  timeoutMs: route.timeout && durationFromProto(route.timeout, 'timeout'),
});

export const profileOverrideToProto = ({ authority, weight }: ProfileOverride): WeightedDst =>
  create(WeightedDstSchema, { authority, weight });

export const profileOverrideFromProto = ({ authority, weight }: WeightedDst): ProfileOverride => ({
  authority: nonEmpty(authority) ?? refuse('authority is missing'),
  weight,
});

const requestToProto = (condition: RequestCondition): RequestMatch =>
  create(RequestMatchSchema, { match: requestMatch(condition) });

const requestMatch = (
  condition: RequestCondition,
): NonNullable<MessageInitShape<typeof RequestMatchSchema>['match']> => {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return { case: condition.kind, value: { matches: condition.conditions.map(requestToProto) } };
    case 'not':
      return { case: 'not', value: requestToProto(condition.condition) };
    case 'path':
      return { case: 'path', value: { regex: condition.regex } };
    case 'method':
      return { case: 'method', value: methodToProto(condition.method) };
  }
};

const requestFromProto = ({ match }: RequestMatch): RequestCondition => {
  switch (match.case) {
    case 'all':
    case 'any':
      return { kind: match.case, conditions: each(match.value.matches, match.case, requestFromProto) };
    case 'not':
      return { kind: 'not', condition: requestFromProto(match.value) };
    case 'path':
      return { kind: 'path', regex: match.value.regex };
    case 'method':
      return { kind: 'method', method: methodFromProto(match.value) };
    case undefined:
      return refuse('the condition is missing or not known');
  }
};

const responseToProto = (condition: ResponseCondition): ResponseMatch =>
  create(ResponseMatchSchema, { match: responseMatch(condition) });

const responseMatch = (
  condition: ResponseCondition,
): NonNullable<MessageInitShape<typeof ResponseMatchSchema>['match']> => {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return { case: condition.kind, value: { matches: condition.conditions.map(responseToProto) } };
    case 'not':
      return { case: 'not', value: responseToProto(condition.condition) };
    case 'status':
      return { case: 'status', value: { min: condition.min, max: condition.max } };
  }
};

const responseFromProto = ({ match }: ResponseMatch): ResponseCondition => {
  switch (match.case) {
    case 'all':
    case 'any':
      return { kind: match.case, conditions: each(match.value.matches, match.case, responseFromProto) };
    case 'not':
      return { kind: 'not', condition: responseFromProto(match.value) };
    case 'status': {
      // With one end only, exactly that status.
      const { min, max } = match.value;
      return { kind: 'status', min: min || max, max: max || min };
    }
    case undefined:
      return refuse('the condition is missing or not known');
  }
};
