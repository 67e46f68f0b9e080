/** What a problem code means, for people. */
export interface ProblemExplanation {
  /** Short, the same for each occurrence: `title` of the problem. */
  title: string;
  /** What happened and what to do, as text of its page. */
  explanation: string;
}

/** Explanations by code. Each module has one such table and registers it with `HttpModule.forRoot`. */
export type ProblemExplanations = Readonly<Record<string, ProblemExplanation>>;

/** All registered explanations; injectable by this class. */
export class ProblemCatalogue {
  private readonly byCode = new Map<string, ProblemExplanation>();

  /** @throws Error when two tables explain the same code: the boot stops, as one of them would never be shown. */
  constructor(tables: readonly ProblemExplanations[]) {
    for (const [code, explanation] of tables.flatMap((table) => Object.entries(table))) {
      if (this.byCode.has(code)) throw new Error(`The problem code "${code}" is explained twice; remove one of them.`);
      this.byCode.set(code, explanation);
    }
  }

  find(code: string): ProblemExplanation | undefined {
    return this.byCode.get(code);
  }

  /** The title of the code; of a code without explanation, its words. */
  titleOf(code: string): string {
    const words = code.replaceAll('-', ' ');
    return this.byCode.get(code)?.title ?? words.charAt(0).toUpperCase() + words.slice(1);
  }
}
