/** What a schedule does with a time that it has missed, or that comes while an earlier run is under way. */
export interface FiringPolicy {
  readonly catch_up: 'skip' | 'latest' | 'all';
  readonly catch_up_limit: number;
  readonly overlap: 'allow' | 'skip' | 'queue' | 'cancel_running';
  /** A duration: each subscription fires later by a part of it. */
  readonly jitter: string;
}
