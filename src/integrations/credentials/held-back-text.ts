import { type Access } from './access.js';

/**
 * Tells a text as it comes, without the secrets in it: as much of its end as may be the beginning of one is held back
 * until more of it is there.
 */
export class HeldBackText {
  private held = '';

  constructor(
    private readonly access: Pick<Access, 'scrub' | 'scrubBegun'>,
    private readonly tell: (text: string) => void,
  ) {}

  add(text: string): void {
    const { clean, rest } = this.access.scrubBegun(this.held + text);
    this.held = rest;
    if (clean !== '') this.tell(clean);
  }

  end(): void {
    const rest = this.access.scrub(this.held);
    this.held = '';
    if (rest !== '') this.tell(rest);
  }
}
