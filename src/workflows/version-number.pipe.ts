import { Injectable, type PipeTransform } from '@nestjs/common';
import { MAX_NUMBER } from './workflow-draft.dto.js';

/**
 * The number of a version in a path, which the validation pipe has read as a number (NaN where it is none). What is no
 * number of a version becomes 0, the number of no version: 404, like any unknown one.
 */
@Injectable()
export class VersionNumber implements PipeTransform<number, number> {
  transform(number: number): number {
    return Number.isInteger(number) && number >= 1 && number <= MAX_NUMBER ? number : 0;
  }
}
