import { getMetadataStorage, type ValidationError } from 'class-validator';
import { type Fault } from '../../errors.js';
import { pointerTo } from '../../json.js';
import { limits } from '../limits.js';
import { didYouMean } from './did-you-mean.js';

/** The faults in a tree of class-validator's errors, nested ones too, in its order; at most `limits.faults`. */
export function faultsOf(errors: readonly ValidationError[]): Fault[] {
  const faults: Fault[] = [];
  collect(errors, '', faults);
  return faults;
}

function collect(errors: readonly ValidationError[], parent: string, faults: Fault[]): void {
  for (const error of errors) {
    const pointer = pointerTo(parent, error.property);
    for (const [constraint, message] of Object.entries(error.constraints ?? {})) {
      if (faults.length === limits.faults) return;
      faults.push(
        constraint === 'whitelistValidation' ? unknownField(error, pointer) : fault(pointer, constraint, message),
      );
    }
    collect(error.children ?? [], pointer, faults);
  }
}

function fault(pointer: string, constraint: string, message: string): Fault {
  return { pointer, code: kebabCase(constraint), message };
}

function unknownField({ target, property }: ValidationError, pointer: string): Fault {
  const meant = target && didYouMean(property, fieldsOf(target));
  const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
  return { pointer, code: 'unknown-field', message: `There is no field "${property}" here.${hint}` };
}

function fieldsOf(target: object): Set<string> {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', true, false);
  return new Set(metadata.map(({ propertyName }) => propertyName));
}

/** `maxLength` → `max-length`. */
function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace(/^-/, '');
}
