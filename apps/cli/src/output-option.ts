/** The option by which every command that answers can answer a program. */
import { Option } from 'commander';

export const outputOption = (): Option =>
  new Option('-o, --output <form>', 'form of the answer').choices(['text', 'json']).default('text');
