import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { amendRecipe, formatProblem, readRecipe } from '../../../configs/recipe-file.ts';
import type { Recipe } from '../../../configs/recipe.ts';
import { emptyFolder, folderWith } from '../support/folder.ts';

const good = `name: support-triage
data:
  train:
    uri: train.jsonl
  test:
    uri: test.jsonl
  template:
    prompt: "{{text}}"
    completion: "{{label}}"
model:
  base: org/name
`;

/** All problems of a recipe file, as a person reads them. */
function problemsOf(recipe: string | Uint8Array, sets: string[] = []): string {
  const folder = folderWith({ 'recipe.yaml': recipe });
  const { recipe: read, problems } = readRecipe('recipe.yaml', sets, folder);
  expect(read === undefined).toBe(problems.length > 0);
  return problems.map(formatProblem).join('\n');
}

/** A recipe that must be right. */
function recipeOf(recipe: string, sets: string[] = []): Recipe {
  const folder = folderWith({ 'recipe.yaml': recipe });
  const { recipe: read, problems } = readRecipe('recipe.yaml', sets, folder);
  expect(problems).toEqual([]);
  return read as Recipe;
}

const withLines = (...lines: string[]): string => good + lines.map((line) => `${line}\n`).join('');

describe('a good recipe', () => {
  test('gets every default and absolute paths', () => {
    const folder = folderWith({ 'recipes/recipe.yaml': good });
    const { recipe, problems } = readRecipe('recipes/recipe.yaml', [], folder);
    expect(problems).toEqual([]);
    expect(recipe?.data.train.uri).toBe(join(folder, 'recipes', 'train.jsonl'));
    expect(recipe?.data.test?.uri).toBe(join(folder, 'recipes', 'test.jsonl'));
    const { data: _data, ...rest } = recipe as Recipe;
    expect(rest).toMatchInlineSnapshot(`
      {
        "evaluate": {
          "batchSize": 32,
          "decoding": {
            "maxTokens": 64,
            "seed": 0,
            "stop": [],
            "temperature": 0,
            "topP": 1,
          },
          "metrics": [
            "exactMatch",
            "tokenF1",
          ],
        },
        "gate": {
          "confidence": 0.95,
          "confirm": false,
          "floors": [],
          "gather": {
            "deadlineHours": 72,
            "labels": 50,
            "rounds": 3,
            "what": "items",
          },
          "guards": [],
          "looks": {
            "spend": "harmonic",
          },
          "maxUnmeasured": 0.05,
          "metric": "exactMatch",
          "minGain": 0,
          "onInconclusive": "stop",
          "reserve": 0,
        },
        "model": {
          "base": "org/name",
        },
        "name": "support-triage",
        "register": {
          "alias": "champion",
        },
        "tune": {
          "batchSize": 8,
          "checkpointEvery": 50,
          "iterations": 200,
          "learningRate": 0.0001,
          "lora": {
            "dropout": 0,
            "layers": -1,
            "rank": 8,
            "scale": 20,
          },
          "maskPrompt": true,
          "maxTokens": 512,
          "method": "lora",
          "schedule": "constant",
          "seed": 1,
          "tuner": "mlx",
          "warmupSteps": 0,
          "weightDecay": 0,
        },
      }
    `);
  });

  test('may begin with a byte order mark, a comment and a document mark', () => {
    expect(recipeOf(`\ufeff# mine\n---\n${good}`).name).toBe('support-triage');
  });

  test('may use anchors and aliases', () => {
    expect(recipeOf(good.replace('train.jsonl', '&rows rows.jsonl').replace('test.jsonl', '*rows')).name).toBe(
      'support-triage',
    );
  });

  test('takes a base for a folder when it looks like a path or is there, else for a name on the hub', () => {
    const folder = folderWith({
      'recipe.yaml': good,
      'here.yaml': good.replace('org/name', './models/tiny'),
      'there.yaml': good.replace('org/name', 'models/tiny'),
      'deep.yaml': good.replace('org/name', 'models/org/tiny'),
      'models/tiny/config.json': '{}',
    });
    const baseIn = (file: string): string | undefined => readRecipe(file, [], folder).recipe?.model.base;
    expect(baseIn('recipe.yaml')).toBe('org/name');
    expect(baseIn('here.yaml')).toBe(join(folder, 'models/tiny'));
    expect(baseIn('there.yaml')).toBe(join(folder, 'models/tiny'));
    expect(baseIn('deep.yaml')).toBe(join(folder, 'models/org/tiny'));
  });
});

describe('a file that is no recipe', () => {
  test('is named when it is missing', () => {
    const { problems } = readRecipe('nowhere.yaml', [], emptyFolder());
    expect(problems.map(formatProblem)).toMatchInlineSnapshot(`
      [
        "nowhere.yaml: no such recipe file: check the path, or make one with \`anneal init\`",
      ]
    `);
  });

  test('is named when it is a folder', () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'recipes'));
    expect(readRecipe('recipes', [], folder).problems.map(formatProblem)).toMatchInlineSnapshot(`
      [
        "recipes: is a folder: name the recipe file in it, e.g. recipe.yaml",
      ]
    `);
  });

  test('is named when it is too large', () => {
    expect(problemsOf(`# ${'x'.repeat(32 * 1024)}\n${good}`)).toMatchInlineSnapshot(
      `"recipe.yaml: is larger than 32 KiB: a recipe names its data by path, it does not hold them"`,
    );
  });

  test('is named when it is not UTF-8', () => {
    expect(problemsOf(Buffer.from('name: caf\xe9\n', 'latin1'))).toMatchInlineSnapshot(
      `"recipe.yaml: is not UTF-8 text: a recipe is a YAML file"`,
    );
  });

  test.each([
    ['an empty file', ''],
    ['only comments', '# nothing yet\n'],
    ['a list', '- name\n- data\n'],
    ['one text', 'support-triage\n'],
  ])('is named with what was found: %s', (_what, text) => {
    expect(problemsOf(text)).toMatch(/^recipe\.yaml:1:1: expected fields such as "name:" and "data:", found /);
  });

  test('says what was found instead of fields', () => {
    expect([problemsOf(''), problemsOf('- name\n- data\n'), problemsOf('support-triage')]).toMatchInlineSnapshot(`
      [
        "recipe.yaml:1:1: expected fields such as "name:" and "data:", found nothing",
        "recipe.yaml:1:1: expected fields such as "name:" and "data:", found a list of 2",
        "recipe.yaml:1:1: expected fields such as "name:" and "data:", found "support-triage"",
      ]
    `);
  });
});

describe('broken YAML', () => {
  test('is reported where it breaks', () => {
    expect(problemsOf('name: "unclosed\ndata: 1\n')).toMatchInlineSnapshot(
      `"recipe.yaml:3:1: not valid YAML: Missing closing "quote"`,
    );
    expect(problemsOf('name: support\n\tdata: 1\n')).toMatchInlineSnapshot(
      `"recipe.yaml:2:1: not valid YAML: Tabs are not allowed as indentation"`,
    );
    expect(problemsOf('data: [1, 2\nname: x\n')).toMatchInlineSnapshot(
      `"recipe.yaml:2:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]"`,
    );
  });

  test('names a key that stands there twice', () => {
    expect(problemsOf(withLines('tune:', '  iterations: 10', '  iterations: 20'))).toMatchInlineSnapshot(
      `"recipe.yaml:14:3: duplicate key "iterations": keep one of the two"`,
    );
  });

  test('names a second document', () => {
    expect(problemsOf(`${good}---\nname: other\n`)).toMatchInlineSnapshot(
      `"recipe.yaml:12:1: a second YAML document begins here ("---"): a recipe is one document, put the second into a file of its own"`,
    );
  });

  test('names an alias without an anchor, where a text was meant', () => {
    expect(problemsOf(withLines('description: *best*'))).toMatchInlineSnapshot(
      `"recipe.yaml:12:14: not valid YAML: the alias *best* has no anchor &best* before it; put a text that begins with * in quotes"`,
    );
  });

  test('does not blow up aliases of aliases', () => {
    const layer = (name: string, of: string): string => `${name}: &${name} [${Array(9).fill(of).join(', ')}]`;
    const bomb = [layer('a', 'x'), layer('b', '*a'), layer('c', '*b'), layer('d', '*c'), layer('e', '*d')];
    expect(problemsOf(bomb.join('\n'))).toMatchInlineSnapshot(
      `"recipe.yaml: not valid YAML: Excessive alias count indicates a resource exhaustion attack"`,
    );
  });
});

describe('a wrong field', () => {
  test('that is missing says what is expected', () => {
    expect(problemsOf('name: x\ndata:\n  template:\n    prompt: p\n')).toMatchInlineSnapshot(`
      "recipe.yaml:1:1: model: missing: expected a group of fields
      recipe.yaml:2:1: data.train: missing: expected a group of fields
      recipe.yaml:2:1: data: missing: expected data.test.uri (a file of test rows) or data.split.test (a share of the training rows)
      recipe.yaml:3:3: data.template.completion: missing: expected a text"
    `);
  });

  test('that nobody knows is named with the nearest known one', () => {
    expect(problemsOf(withLines('tune:', '  iteration: 10', '  lora:', '    Rank: 4', '  zebra: 1')))
      .toMatchInlineSnapshot(`
        "recipe.yaml:13:3: tune.iteration: unknown key "iteration": did you mean "iterations"?
        recipe.yaml:15:5: tune.lora.Rank: unknown key "Rank": did you mean "rank"?
        recipe.yaml:16:3: tune.zebra: unknown key "zebra": known here: provider, tuner, objective, vertex, openai, command, watchdog, limits, method, iterations, batchSize, learningRate, schedule, warmupSteps, weightDecay, gradientClip, maxTokens, maskPrompt, seed, checkpointEvery, choose, price, lora"
      `);
  });

  test('that is none of some names is told these names', () => {
    expect(problemsOf(good.replace('base: org/name', 'base: org/name\n  for: { mlx: x }'))).toContain(
      'model.for.mlx: unknown key "mlx": known here: vertex, openai, command',
    );
  });

  test('written with a dot at the top of the file is found where it stands', () => {
    expect(problemsOf(withLines('gate.minGain: 0.1'))).toMatchInlineSnapshot(
      `"recipe.yaml:12:1: gate.minGain: unknown key "gate.minGain": known here: name, description, store, google, data, model, synthesize, tune, evaluate, gate, register, continuous, approve, notify"`,
    );
  });

  test('of the wrong type says what was expected and found', () => {
    const fields = withLines(
      'description: 12',
      'tune:',
      '  iterations: "100"',
      '  batchSize: 1.5',
      '  maskPrompt: yes please',
      '  learningRate: .nan',
      '  lora: 8',
      'evaluate:',
      '  metrics: exactMatch',
      '  decoding:',
      '    temperature:',
      '    stop: [1, "ok", { a: 1 }]',
    );
    expect(problemsOf(fields)).toMatchInlineSnapshot(`
      "recipe.yaml:12:1: description: expected a text, found 12
      recipe.yaml:14:3: tune.iterations: expected a number (without quotes), found "100"
      recipe.yaml:15:3: tune.batchSize: expected a whole number, found 1.5
      recipe.yaml:16:3: tune.maskPrompt: expected true or false, found "yes please"
      recipe.yaml:17:3: tune.learningRate: expected a number, found NaN
      recipe.yaml:18:3: tune.lora: expected a group of fields, found 8
      recipe.yaml:20:3: evaluate.metrics: expected a list, found "exactMatch"
      recipe.yaml:22:5: evaluate.decoding.temperature: expected a number, found nothing
      recipe.yaml:23:12: evaluate.decoding.stop.0: expected a text, found 1
      recipe.yaml:23:21: evaluate.decoding.stop.2: expected a text, found a group of fields"
    `);
  });

  test('out of bounds says the bound', () => {
    const fields = withLines(
      'tune:',
      '  iterations: 0',
      '  batchSize: 5000',
      '  learningRate: 0',
      '  seed: 100000000000000000000',
      '  lora:',
      '    rank: -3',
      '    dropout: 1',
      '    layers: 0',
      '    keys: []',
      'gate:',
      '  confidence: 1',
      'evaluate:',
      '  decoding:',
      '    stop: [""]',
    );
    expect(problemsOf(fields)).toMatchInlineSnapshot(`
      "recipe.yaml:13:3: tune.iterations: expected at least 1, found 0
      recipe.yaml:14:3: tune.batchSize: expected at most 4096, found 5000
      recipe.yaml:15:3: tune.learningRate: expected more than 0, found 0
      recipe.yaml:16:3: tune.seed: expected at most 4294967295, found 100000000000000000000
      recipe.yaml:18:5: tune.lora.rank: expected at least 1, found -3
      recipe.yaml:19:5: tune.lora.dropout: expected less than 1, found 1
      recipe.yaml:20:5: tune.lora.layers: expected -1 for all layers, or 1 and more for the last ones, found 0
      recipe.yaml:21:5: tune.lora.keys: expected at least 1 item(s), found a list of 0
      recipe.yaml:23:3: gate.confidence: expected less than 1, found 1
      recipe.yaml:26:12: evaluate.decoding.stop.0: expected at least 1 character(s), found """
    `);
  });

  test('with an unknown value names the nearest known one', () => {
    const fields = withLines(
      'tune:',
      '  method: LoRA',
      '  schedule: cosin',
      '  tuner: vertx',
      'evaluate:',
      '  metrics: [exactmatch, bleu]',
    );
    expect(problemsOf(fields)).toMatchInlineSnapshot(`
      "recipe.yaml:13:3: tune.method: expected one of lora, dora, full, found "LoRA"; did you mean "lora"?
      recipe.yaml:14:3: tune.schedule: expected one of constant, cosine, linear, found "cosin"; did you mean "cosine"?
      recipe.yaml:15:3: tune.tuner: expected one of mlx, vertex, openai, command, found "vertx"; did you mean "vertex"?
      recipe.yaml:17:3: evaluate.metrics: the gate decides on exactMatch, which evaluate.metrics (exactmatch, bleu) does not measure: add it there or name another
      recipe.yaml:17:13: evaluate.metrics.0: expected a metric such as exactMatch or bleu:tokenize=intl (did you mean exactMatch?), found "exactmatch""
    `);
  });

  test('of another form says the form', () => {
    expect(problemsOf(`${good.replace('support-triage', 'Support Triage')}register:\n  alias: "1st"\n`))
      .toMatchInlineSnapshot(`
      "recipe.yaml:1:1: name: expected lower-case letters, digits, ".", "_" and "-", at most 63 characters, found "Support Triage"
      recipe.yaml:13:3: register.alias: expected lower-case letters, digits and "-", at most 31 characters, found "1st""
    `);
  });

  test('with a long value shows its beginning', () => {
    expect(problemsOf(withLines('tune:', `  method: ${'lora-'.repeat(40)}`))).toMatchInlineSnapshot(
      `"recipe.yaml:13:3: tune.method: expected one of lora, dora, full, found "lora-lora-lora-lora-lora-lora-lora-lora-lora-lora-lora-l…"`,
    );
  });
});

test('all problems of a recipe come at once, in the order of the file', () => {
  const recipe = `nam: support-triage
data:
  train: train.jsonl
  template:
    prompt: ""
    completion: "{{label}}"
model:
  base: [a, b]
tune:
  metod: lora
gate:
  metric: bleu
`;
  expect(problemsOf(recipe)).toMatchInlineSnapshot(`
    "recipe.yaml:1:1: name: missing: expected a text
    recipe.yaml:1:1: nam: unknown key "nam": did you mean "name"?
    recipe.yaml:2:1: data: missing: expected data.test.uri (a file of test rows) or data.split.test (a share of the training rows)
    recipe.yaml:3:3: data.train: expected a group of fields, found "train.jsonl"
    recipe.yaml:5:5: data.template.prompt: expected at least 1 character(s), found ""
    recipe.yaml:8:3: model.base: expected a text, found a list of 2
    recipe.yaml:10:3: tune.metod: unknown key "metod": did you mean "method"?
    recipe.yaml:12:3: gate.metric: the gate decides on bleu, which evaluate.metrics (exactMatch, tokenF1) does not measure: add it there or name another"
  `);
});

describe('fields that have to fit together', () => {
  test('a test file or a split is needed', () => {
    expect(problemsOf(good.replace('  test:\n    uri: test.jsonl\n', ''))).toMatchInlineSnapshot(
      `"recipe.yaml:2:1: data: missing: expected data.test.uri (a file of test rows) or data.split.test (a share of the training rows)"`,
    );
  });

  test('not both', () => {
    expect(problemsOf(good.replace('  template:', '  split:\n    test: 0.2\n  template:'))).toMatchInlineSnapshot(
      `"recipe.yaml:7:3: data.split: expected either data.test or data.split, found both: remove one"`,
    );
  });

  test('the gate decides on what is measured', () => {
    expect(
      problemsOf(withLines('evaluate:', '  metrics: [exactMatch]', 'gate:', '  metric: tokenF1')),
    ).toMatchInlineSnapshot(
      `"recipe.yaml:15:3: gate.metric: the gate decides on tokenF1, which evaluate.metrics (exactMatch) does not measure: add it there or name another"`,
    );
    expect(problemsOf(withLines('evaluate:', '  metrics: [tokenF1]'))).toMatchInlineSnapshot(
      `"recipe.yaml:13:3: evaluate.metrics: the gate decides on exactMatch, which evaluate.metrics (tokenF1) does not measure: add it there or name another"`,
    );
  });

  test('the warm-up ends before the training', () => {
    expect(problemsOf(withLines('tune:', '  iterations: 50', '  warmupSteps: 50'))).toMatchInlineSnapshot(
      `"recipe.yaml:14:3: tune.warmupSteps: expected less than tune.iterations (50), found 50: the learning rate would never reach its peak"`,
    );
    expect(problemsOf(withLines('tune:', '  warmupSteps: 200'))).toMatchInlineSnapshot(
      `"recipe.yaml:13:3: tune.warmupSteps: expected less than tune.iterations (200), found 200: the learning rate would never reach its peak"`,
    );
    expect(recipeOf(withLines('tune:', '  warmupSteps: 199')).tune.warmupSteps).toBe(199);
  });
});

describe('--set', () => {
  test('reads numbers, texts, lists and groups as YAML', () => {
    const { tune, evaluate, description } = recipeOf(good, [
      'tune.iterations=5',
      'tune.learningRate=1e-3',
      'tune.maskPrompt=false',
      'tune.lora={rank: 2, keys: [self_attn.q_proj]}',
      'evaluate.metrics=[exactMatch]',
      'description=a = b',
    ]);
    expect({ ...tune, lora: { ...tune.lora } }).toMatchObject({
      iterations: 5,
      learningRate: 1e-3,
      maskPrompt: false,
      lora: { rank: 2, keys: ['self_attn.q_proj'], scale: 20 },
    });
    expect(evaluate.metrics).toEqual(['exactMatch']);
    expect(description).toBe('a = b');
  });

  test('takes a value that is no YAML as text', () => {
    expect(recipeOf(good, ['description=*the best*: of all']).description).toBe('*the best*: of all');
  });

  test('makes the groups that are not there, and the last one counts', () => {
    expect(
      recipeOf(good, ['evaluate.decoding.maxTokens=9', 'evaluate.decoding.maxTokens=7']).evaluate.decoding,
    ).toEqual({
      maxTokens: 7,
      temperature: 0,
      topP: 1,
      seed: 0,
      stop: [],
    });
  });

  test('null takes a field out', () => {
    const { data } = recipeOf(good, ['data.test=null', 'data.split.test=0.25']);
    expect(data.test).toBeUndefined();
    expect(data.split).toEqual({ test: 0.25, stratify: false });
  });

  test('paths start from the current folder, those of the file from the file', () => {
    const folder = folderWith({
      'recipes/recipe.yaml': good,
      'recipes/mine.jsonl': '',
      'models/tiny/config.json': '{}',
    });
    const sets = ['data.train.uri=mine.jsonl', 'model.base=models/tiny'];
    const { recipe } = readRecipe('recipes/recipe.yaml', sets, folder);
    expect(recipe?.data.train.uri).toBe(join(folder, 'mine.jsonl'));
    expect(recipe?.data.test?.uri).toBe(join(folder, 'recipes', 'test.jsonl'));
    expect(recipe?.model.base).toBe(join(folder, 'models', 'tiny'));
    const grouped = readRecipe('../recipes/recipe.yaml', ['data.train={uri: ../other.jsonl}'], join(folder, 'models'));
    expect(grouped.recipe?.data.train.uri).toBe(join(folder, 'other.jsonl'));
  });

  test('an unknown key is told with the option that holds it', () => {
    expect(problemsOf(good, ['tune.iteration=5', 'tune.lora.rnk=1', 'tun.seed=1'])).toMatchInlineSnapshot(`
      "--set tune.lora.rnk=1: tune.lora.rnk: unknown key "rnk": did you mean "rank"?
      --set tune.iteration=5: tune.iteration: unknown key "iteration": did you mean "iterations"?
      --set tun.seed=1: tun: unknown key "tun": did you mean "tune"?"
    `);
  });

  test('a wrong value is told with the option that holds it', () => {
    expect(problemsOf(good, ['tune.iterations=many', 'tune.lora={rank: 0}', 'evaluate.metrics=5']))
      .toMatchInlineSnapshot(`
      "--set tune.iterations=many: tune.iterations: expected a number (without quotes), found "many"
      --set tune.lora={rank: 0}: tune.lora.rank: expected at least 1, found 0
      --set evaluate.metrics=5: evaluate.metrics: expected a list, found 5"
    `);
  });

  test('a bad form is refused', () => {
    expect(problemsOf(good, ['tune.iterations', '=5', ''])).toMatchInlineSnapshot(`
      "--set tune.iterations: expected FIELD=VALUE, e.g. --set tune.iterations=100
      --set =5: expected FIELD=VALUE, e.g. --set tune.iterations=100
      --set : expected FIELD=VALUE, e.g. --set tune.iterations=100"
    `);
  });

  test('a list is set as a whole', () => {
    const recipe = withLines('evaluate:', '  metrics: [exactMatch, tokenF1]');
    expect(problemsOf(recipe, ['evaluate.metrics.0=tokenF1'])).toMatchInlineSnapshot(
      `"--set evaluate.metrics.0=tokenF1: evaluate.metrics is a list: set the whole of it, e.g. --set 'evaluate.metrics=[a, b]'"`,
    );
  });

  test('problems of file and options come together', () => {
    expect(problemsOf(good.replace('org/name', '[]'), ['gate.minGain=2'])).toMatchInlineSnapshot(`
      "--set gate.minGain=2: gate.minGain: expected at most 1, found 2
      recipe.yaml:11:3: model.base: expected a text, found a list of 0"
    `);
  });

  test.each(['__proto__.polluted=1', 'tune.__proto__.iterations=1', 'constructor.prototype.polluted=1'])(
    '%s is an unknown key and changes nothing else',
    (set) => {
      expect(problemsOf(good, [set])).toMatch(/^--set .*: (tune\.)?(__proto__|constructor): unknown key /);
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    },
  );
});

describe('amending a recorded recipe', () => {
  test('changes what is set and keeps the rest, paths included', () => {
    const recipe = recipeOf(withLines('description: "first line\\nsecond: \\"quoted\\" 🙂\u2028 *x"'));
    const amended = amendRecipe(recipe, ['tune.iterations=7', 'data.train.uri=new.jsonl'], '/elsewhere');
    expect(amended.problems).toEqual([]);
    expect(amended.recipe).toEqual({
      ...recipe,
      tune: { ...recipe.tune, iterations: 7 },
      data: { ...recipe.data, train: { uri: '/elsewhere/new.jsonl', format: 'auto' } },
    });
  });

  test('reports what does not fit', () => {
    const { problems } = amendRecipe(recipeOf(good), ['tune.iteration=7', 'data.split.test=0.5'], '/elsewhere');
    expect(problems.map(formatProblem).join('\n')).toMatchInlineSnapshot(`
      "--set tune.iteration=7: tune.iteration: unknown key "iteration": did you mean "iterations"?
      --set data.split.test=0.5: data.split: expected either data.test or data.split, found both: remove one"
    `);
  });
});

test('finds the place of a field for later checks', () => {
  const folder = folderWith({ 'recipe.yaml': withLines('evaluate:', '  metrics: [exactMatch, tokenF1]') });
  const { place } = readRecipe('recipe.yaml', ['tune.lora.rank=4'], folder);
  expect(place('data.train.uri')).toEqual({ file: 'recipe.yaml', line: 4, column: 5 });
  expect(place('evaluate.metrics.1')).toEqual({ file: 'recipe.yaml', line: 13, column: 25 });
  expect(place('data.split.test')).toEqual({ file: 'recipe.yaml', line: 2, column: 1 });
  expect(place('tune.lora.rank')).toEqual({ file: '--set tune.lora.rank=4' });
  expect(place('')).toEqual({ file: 'recipe.yaml', line: 1, column: 1 });
});
