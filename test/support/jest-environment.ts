import { ModernFakeTimers } from '@jest/fake-timers';
import type { JestEnvironment, JestEnvironmentConfig } from '@jest/environment';
import { ModuleMocker } from 'jest-mock';

const { console, process } = globalThis;
const { exit, getBuiltinModule } = process;

/** Circus tells time by this, so that a test may mock `Date.now`. */
Object.assign(globalThis, { [Symbol.for('jest-native-now')]: Date.now });

/**
 * Where a test file runs: in the global scope of its worker, not in a sandbox of its own. A sandbox cannot share modules
 * with the next one, and loading ours takes longer than most files' tests. What a file changes is put back after it:
 * the environment, the working directory, fake timers, mocks.
 */
export default class WorkerEnvironment implements JestEnvironment {
  readonly global = globalThis as unknown as JestEnvironment['global'];
  readonly moduleMocker = new ModuleMocker(globalThis);
  readonly fakeTimers = null;
  readonly fakeTimersModern: ModernFakeTimers;
  private readonly variables = { ...process.env };
  private readonly directory = process.cwd();

  constructor({ projectConfig }: JestEnvironmentConfig) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  /** Jest has wrapped this for a sandbox by now. */
  async setup(): Promise<void> {
    process.getBuiltinModule = getBuiltinModule;
  }

  async teardown(): Promise<void> {
    this.fakeTimersModern.dispose();
    this.moduleMocker.restoreAllMocks();
    process.chdir(this.directory);
    for (const name of Object.keys(process.env)) if (!(name in this.variables)) delete process.env[name];
    Object.assign(process.env, this.variables);
    Object.assign(process, { exit });
    Object.assign(globalThis, { console });
  }

  exportConditions(): string[] {
    return ['node', 'node-addons'];
  }

  /** Nothing of ours is a script in a context of its own. */
  getVmContext(): null {
    return null;
  }
}
