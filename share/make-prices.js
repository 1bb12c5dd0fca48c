// SPDX-License-Identifier: ISC
// Writes share/prices.csv to stdout from the npm package @pydantic/genai-prices, which is installed below the folder given:
//     node share/make-prices.js FOLDER
// Each model's way of matching becomes shell patterns; what a pattern cannot say goes behind those that can, since the first row
// that matches decides.
'use strict';
const fs = require('fs');
const path = require('path');

const home = path.join(process.argv[2] || '.', 'node_modules/@pydantic/genai-prices');
const version = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8')).version;
const { findProvider } = require(path.resolve(home, 'dist/index.cjs'));

// The models of their makers only: what others resell under the same names has the same patterns.
const makers = { anthropic: /^claude/, openai: /./, google: /^(gemini|gemma)/ };
const columns = ['input_mtok', 'output_mtok', 'cache_read_mtok', 'cache_write_mtok'];

function patterns(match) {
  if (match.or) return match.or.flatMap(patterns);
  if (match.and) return match.and.flatMap(patterns);
  if (match.equals) return [match.equals];
  if (match.starts_with) return [match.starts_with + '*'];
  if (match.ends_with) return ['*' + match.ends_with];
  if (match.contains) return ['*' + match.contains + '*'];
  if (!match.regex) throw new Error('unknown match ' + JSON.stringify(match));
  const digit = /^\^([a-z0-9.\\-]+)-\\d(\{8\}\$)?$/.exec(match.regex);
  if (!digit) return []; // "not this": the row goes behind the others
  // a date of eight digits behind a known name is taken off when a price is looked up
  return digit[2] ? [] : [digit[1].replace(/\\/g, '') + '-[0-9]*'];
}

const isVague = (match) => JSON.stringify(match).includes('(?!');
const at = (price, tokens) => {
  if (price === undefined || typeof price === 'number') return price;
  return price.tiers.filter((tier) => tier.start <= tokens).reduce((_, tier) => tier.price, price.base);
};

function rows(model) {
  const out = [];
  const periods = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  for (const { constraint, prices } of periods) {
    if (constraint && constraint.type !== 'start_date') throw new Error(`${model.id}: ${JSON.stringify(constraint)}`);
    if (prices.input_mtok === undefined) continue;
    const starts = new Set([0]);
    for (const column of columns) for (const tier of (prices[column] || {}).tiers || []) starts.add(tier.start);
    for (const start of [...starts].sort((a, b) => a - b)) {
      const cells = columns.map((column) => at(prices[column], start));
      for (const pattern of patterns(model.match)) {
        if (!/^[A-Za-z0-9:.@*[\]_-]+$/.test(pattern)) throw new Error(`${model.id}: odd pattern ${pattern}`);
        out.push([pattern, constraint ? constraint.start_date : '', start, ...cells.map((cell) => cell ?? '')].join(','));
      }
    }
  }
  return out;
}

const date = process.env.SOURCE_DATE_EPOCH ? new Date(process.env.SOURCE_DATE_EPOCH * 1000) : new Date();
const text = [
  '# What tokens cost, in USD per million. Made by `make prices`; a copy of yours may say otherwise.',
  `# Source: npm package @pydantic/genai-prices ${version} (MIT licence, Copyright (c) Pydantic Services Inc. 2025 to present),`,
  `# https://github.com/pydantic/genai-prices, read on ${date.toISOString().slice(0, 10)}.`,
  '# Of the rows that match a model the latest valid one decides, then the highest tier reached, then the first. No price for',
  '# cached input: as input. above: the row holds for calls with more input tokens than that.',
  'model,from,above,input,output,cache_read,cache_write',
];
for (const [id, known] of Object.entries(makers)) {
  const models = findProvider({ providerId: id }).models.filter((model) => known.test(model.id));
  text.push(`# ${id}`);
  for (const vague of [false, true])
    for (const model of models.filter((m) => isVague(m.match) === vague)) text.push(...rows(model));
}
process.stdout.write(text.join('\n') + '\n');
