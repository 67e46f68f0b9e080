/** Numbers of PostgreSQL advisory locks: any will do, as long as all processes of Seer use the same and no two uses share one. */
export const advisoryLocks = {
  migration: 7_331_101,
  firstAdministrator: 7_331_102,
  keyRing: 7_331_103,
  runSweep: 7_331_104,
  /** With the hash of a key as its second number. */
  runConcurrency: 7_331_105,
} as const;
