/** `status` of a policy resource. Other programs write it and we never decide by it; it must merely have its shape. */
import { z } from 'zod';
import { fields } from '../schema.ts';

export const condition = () =>
  fields({
    type: z.string().max(316),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string().max(1024),
    message: z.string().max(32_768),
    lastTransitionTime: z.string(),
    observedGeneration: z.int().min(0).optional(),
  });

/** A list of conditions and nothing else. */
export const conditionsStatus = () => fields({ conditions: z.array(condition()).max(8).optional() });

/** What each controller thinks of a route, by parent. */
export const routeStatus = () =>
  fields({
    parents: z
      .array(
        fields({
          parentRef: z.looseObject({ name: z.string() }),
          controllerName: z.string(),
          conditions: z.array(condition()).max(8).optional(),
        }),
      )
      .max(32),
  });
