// Files that are either whole or not there, whenever the power fails.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A JSON file's value.
 * @param {string} path
 * @returns {unknown} nothing when the file is missing or is no JSON
 */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Writes a JSON file in one step: aside, to the disk, then under its name.
 * @param {string} path
 * @param {unknown} value
 */
export function writeJson(path, value) {
  const aside = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(aside, 'w');
  try {
    writeSync(file, `${JSON.stringify(value, undefined, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(aside, path);
}

/**
 * Gives a file written aside its name, once its bytes are on the disk.
 * @param {string} aside
 * @param {string} path
 */
export function keep(aside, path) {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(aside, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(aside, path);
}

/**
 * Removes a folder or file with all that is in it; missing is fine.
 * @param {string} path
 */
export function remove(path) {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
