import { resolve } from 'node:path';
import { COMMANDS, type CommandName, type CommandTuning } from './tune-command.ts';

/**
 * The same settings with absolute paths: of a program with "/" in it, and of arguments that begin with ./ or ../.
 *
 * @param folderOf Folder that the paths of a command start from.
 */
export function absoluteCommand(settings: CommandTuning, folderOf: (name: CommandName) => string): CommandTuning {
  const moved = COMMANDS.flatMap((name) => {
    const words = settings[name];
    if (!words) return [];
    const isPath = (word: string, i: number): boolean => /^\.\.?\//.test(word) || (i === 0 && word.includes('/'));
    return [[name, words.map((word, i) => (isPath(word, i) ? resolve(folderOf(name), word) : word))] as const];
  });
  return { ...settings, ...Object.fromEntries(moved) };
}
