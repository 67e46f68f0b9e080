import { readFile } from 'node:fs/promises';
import { type Dockerfile, DockerfileParser, type Instruction, type JSONInstruction } from 'dockerfile-ast';

export type { Instruction };

/** The Dockerfile of the project, stage by stage; the last one is the image. */
export async function readDockerfile(): Promise<{ dockerfile: Dockerfile; stages: Instruction[][] }> {
  const dockerfile = DockerfileParser.parse(await readFile('Dockerfile', 'utf8'));
  const stages: Instruction[][] = [];
  for (const instruction of dockerfile.getInstructions()) {
    if (instruction.getKeyword() === 'FROM') stages.push([]);
    stages.at(-1)!.push(instruction);
  }
  return { dockerfile, stages };
}

/** The one instruction of this kind in a stage. */
export function only(stage: readonly Instruction[], keyword: string): Instruction {
  const found = stage.filter((instruction) => instruction.getKeyword() === keyword);
  if (found.length !== 1) throw new Error(`${found.length} instructions ${keyword} in the stage, in place of one`);
  return found[0]!;
}

/** The command of CMD and HEALTHCHECK in exec form. @throws SyntaxError for the shell form */
export function execForm(instruction: Instruction): string[] {
  return JSON.parse(instruction.getArgumentsContent()!.replace(/^CMD\s+/, '')) as string[];
}

export const flagsOf = (instruction: Instruction): string[] =>
  (instruction as JSONInstruction).getFlags().map((flag) => flag.toString());

/** The values of LABEL and ENV. */
export function valuesOf(instruction: Instruction): Record<string, string> {
  const pairs = instruction.getArgumentsContent()!.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S+))/g);
  return Object.fromEntries([...pairs].map(([, name, quoted, plain]) => [name!, quoted ?? plain!]));
}
