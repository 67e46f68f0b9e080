import { Injectable, type PipeTransform } from '@nestjs/common';
import { MAX_NUMBER } from './workflow-draft.dto.js';

/** The number of a version in a path. What is no number is the number of no version: 404, like any unknown one. */
@Injectable()
export class VersionNumber implements PipeTransform<string, number> {
  transform(text: string): number {
    const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
    return number <= MAX_NUMBER ? number : 0;
  }
}
