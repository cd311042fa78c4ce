/** `{{column}}`: replaced by that column of the row. Spaces inside the braces are allowed. */
export const PLACEHOLDER = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** Columns that a template names, in order, without repeats. */
export function columnsOf({
  system,
  prompt,
  completion,
}: {
  system?: string | undefined;
  prompt: string;
  completion: string;
}): string[] {
  const names = [system ?? '', prompt, completion].flatMap((text) =>
    [...text.matchAll(PLACEHOLDER)].map((match) => match[1] as string),
  );
  return [...new Set(names)];
}
