import { ArrayType, type Platform } from '@mikro-orm/core';

/** Texts as PostgreSQL reads a `text[]`: each in quotes, else `null` would be none, and blanks at its ends would be lost. */
export function textArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}

/** A property that holds texts. MikroORM's own type leaves most of them without quotes. */
export class TextArrayType extends ArrayType {
  override convertToDatabaseValue(value: unknown, platform: Platform): string | null {
    return Array.isArray(value) ? textArray(value as string[]) : super.convertToDatabaseValue(value as null, platform);
  }

  override getColumnType(): string {
    return 'text[]';
  }
}
