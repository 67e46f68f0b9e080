import { type Access } from './access.js';

/**
 * Tells a text as it comes, without the secrets in it: as much of its end as may be the beginning of one is held back
 * until more of it is there.
 */
export class HeldBackText {
  private held = '';

  constructor(
    private readonly access: Pick<Access, 'scrub' | 'heldBack'>,
    private readonly tell: (text: string) => void,
  ) {}

  add(text: string): void {
    this.held = this.access.scrub(this.held + text);
    const end = this.held.length - this.access.heldBack(this.held);
    this.send(end);
  }

  end(): void {
    this.send(this.held.length);
  }

  private send(end: number): void {
    if (end > 0) this.tell(this.held.slice(0, end));
    this.held = this.held.slice(end);
  }
}
