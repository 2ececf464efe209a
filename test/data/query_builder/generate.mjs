// Prints queries as react-querybuilder makes them, one `name: JSON` per line. Every query comes out of the package's own code: the
// manager behind its components, which does what a user does with the mouse, and its readers of other languages. What definition
// each of them means is written by hand in definitions.txt.

import { bigIntJsonStringifyReplacer, convertToIC, getMultiValueUpdate, QueryManager } from 'react-querybuilder';
import { parseCEL } from 'react-querybuilder/parseCEL';
import { parseJsonLogic } from 'react-querybuilder/parseJsonLogic';
import { parseMongoDB } from 'react-querybuilder/parseMongoDB';
import { parseSQL } from 'react-querybuilder/parseSQL';

const fields = [
  { name: 'plan', label: 'Plan', valueEditorType: 'select', values: ['free', 'pro', 'team'].map(name => ({ name, label: name })) },
  { name: 'mrr', label: 'MRR', inputType: 'number', valueSources: ['value', 'field'] },
  { name: 'seats', label: 'Seats', inputType: 'number' },
  { name: 'country', label: 'Country', valueSources: ['value', 'field'] },
  { name: 'hasAdmin', label: 'Has an admin', valueEditorType: 'checkbox', defaultOperator: '=' },
  { name: 'signup_at', label: 'Signup', inputType: 'date' },
  { name: 'address.city', label: 'City' },
];

const sql = (condition, options) => parseSQL(`SELECT * FROM t WHERE ${condition}`, options);

// A query built rule by rule. Each rule is added as the button does it, then its properties are changed one after the other.
function clicked(rules, { group = {}, query, ...options } = {}) {
  let id = 0;
  const manager = new QueryManager(query ?? { id: 'root', combinator: 'and', rules: [] }, { fields, idGenerator: () => `id-${++id}`, ...options });
  for (const [property, value] of Object.entries(group)) manager.update(property, value, []);
  const add = (rule, parent) => {
    manager.add(rule.rules ? manager.createRuleGroup(manager.isIC()) : manager.createRule(), parent);
    const path = [...parent, manager.getGroup(parent).rules.length - 1];
    for (const [property, value] of Object.entries(rule)) {
      if (property === 'rules') value.forEach(inner => add(inner, path));
      else manager.update(property, value, path);
    }
  };
  rules.forEach(rule => add(rule, []));
  return manager.getQuery();
}

const rule = (field, operator, value, more) => clicked([{ field, operator, ...more, value }]);

// What the two inputs of `between` leave behind.
const between = (low, high, options) => {
  const first = getMultiValueUpdate({ value: low, index: 0, valueAsArray: [], operator: 'between', ...options });
  const valueAsArray = typeof first === 'string' ? first.split(',') : first;
  return getMultiValueUpdate({ value: high, index: 1, valueAsArray, operator: 'between', ...options });
};

const nested = clicked([
  { field: 'plan', operator: '=', value: 'pro' },
  { rules: [{ field: 'mrr', operator: '>=', value: '100' }, { field: 'seats', operator: '>', value: '5' }], combinator: 'or', not: true },
  { field: 'country', operator: 'in', value: 'DE,AT' },
]);

const queries = {
  empty: clicked([]),
  empty_negated: clicked([], { group: { not: true } }),
  untouched_rule: clicked([{}]),
  untouched_number: clicked([{ field: 'mrr' }]),

  equal: rule('plan', '=', 'pro'),
  not_equal: rule('plan', '!=', 'pro'),
  less: rule('mrr', '<', '100'),
  greater: rule('mrr', '>', '100'),
  less_equal: rule('mrr', '<=', '100'),
  greater_equal: rule('mrr', '>=', '100'),
  contains: rule('country', 'contains', "d'"),
  begins_with: rule('country', 'beginsWith', 'D'),
  ends_with: rule('country', 'endsWith', 'E'),
  does_not_contain: rule('country', 'doesNotContain', 'D'),
  does_not_begin_with: rule('country', 'doesNotBeginWith', 'D'),
  does_not_end_with: rule('country', 'doesNotEndWith', 'E'),
  null: rule('country', 'null', ''),
  not_null: rule('country', 'notNull', ''),
  in_text: rule('country', 'in', 'DE, AT,,CH'),
  in_text_escaped: rule('country', 'in', 'Berlin\\, Mitte,Wien'),
  in_array: rule('country', 'in', ['DE', 'AT ', 'CH']),
  in_numbers: rule('seats', 'in', [1, 2, 3]),
  in_number: rule('seats', 'in', 1),
  not_in: rule('country', 'notIn', 'DE,AT'),
  between_text: rule('mrr', 'between', between('10', '20')),
  between_array: rule('mrr', 'between', between('10', '20', { listsAsArrays: true })),
  between_numbers: rule('mrr', 'between', between('10', '20', { listsAsArrays: true, parseNumberMethod: 'strict' })),
  between_reversed_numbers: rule('mrr', 'between', between('-1.5', '-20', { listsAsArrays: true, parseNumberMethod: 'strict' })),
  between_dates: rule('signup_at', 'between', between('2025-01-01', '2025-06-30')),
  not_between: rule('mrr', 'notBetween', [10, 20]),

  checkbox_default: clicked([{ field: 'hasAdmin' }]),
  checkbox_checked: rule('hasAdmin', '=', true),
  checkbox_not: rule('hasAdmin', '!=', true),
  number: rule('mrr', '>', 99.5),
  negative_number: rule('mrr', '>', -99.5),
  large_number: rule('mrr', '<', 1e21),
  small_number: rule('mrr', '<', 1.5e-7),
  bigint: rule('mrr', '>', 12345678901234567890n),
  date: rule('signup_at', '>=', '2025-01-31'),
  dotted_field: rule('address.city', '=', 'Wien'),
  field: rule('mrr', '>', 'seats', { valueSource: 'field' }),
  field_in: rule('country', 'in', 'address.city,plan', { valueSource: 'field' }),
  field_not_in: rule('country', 'notIn', ['address.city', 'plan'], { valueSource: 'field' }),
  field_between: rule('mrr', 'between', 'seats,plan', { valueSource: 'field' }),

  nested,
  nested_or: clicked(
    [
      { rules: [{ field: 'plan', operator: '=', value: 'pro' }, { field: 'mrr', operator: '>', value: '1' }] },
      { rules: [{ field: 'plan', operator: '=', value: 'team' }] },
    ],
    { group: { combinator: 'or' } },
  ),
  negated: clicked([{ field: 'plan', operator: '=', value: 'pro' }], { group: { not: true } }),
  disabled_counts: clicked([{ field: 'plan', operator: '=', value: 'pro', disabled: true }, { field: 'mrr', operator: '>', value: 1 }]),
  muted_rule: clicked([{ field: 'plan', operator: '=', value: 'pro', muted: true }, { field: 'mrr', operator: '>', value: 1 }]),
  muted_group: clicked(
    [{ field: 'mrr', operator: '>', value: 1 }, { rules: [{ field: 'plan', operator: '=', value: 'pro' }], muted: true }],
    { group: { combinator: 'or' } },
  ),
  all_muted: clicked([{ field: 'plan', operator: '=', value: 'pro', muted: true }]),
  empty_group_in_or: clicked([{ field: 'mrr', operator: '>', value: 1 }, { rules: [] }], { group: { combinator: 'or' } }),

  independent: clicked(
    [
      { field: 'plan', operator: '=', value: 'pro' },
      { field: 'mrr', operator: '>', value: 1 },
      { field: 'seats', operator: '>', value: 2 },
    ],
    { query: { id: 'root', rules: [] } },
  ),
  independent_muted: clicked(
    [
      { field: 'plan', operator: '=', value: 'pro' },
      { field: 'mrr', operator: '>', value: 1, muted: true },
      { field: 'seats', operator: '>', value: 2 },
      { rules: [{ field: 'country', operator: '=', value: 'DE', muted: true }] },
    ],
    { query: { id: 'root', rules: [] }, combinators: ['or', 'and'].map(name => ({ name, label: name })) },
  ),
  independent_nested: convertToIC(nested),
  independent_mixed: sql("plan = 'pro' AND mrr > 1 OR seats > 2 AND country = 'DE' OR phone IS NULL", { independentCombinators: true }),
  independent_groups: sql("(plan = 'pro' OR mrr > 1) AND NOT (seats > 2)", { independentCombinators: true }),
  independent_empty: convertToIC(clicked([])),

  sql: sql("plan = 'pro' AND (mrr >= 100 OR NOT (country IN ('DE', 'AT'))) AND title LIKE '%vp%' AND age BETWEEN 20 AND 29 AND phone IS NOT NULL"),
  sql_arrays: sql("age NOT BETWEEN 20 AND 29 AND country NOT IN ('DE', 'it''s') AND name NOT LIKE 'A%' AND mrr > seats", { listsAsArrays: true }),
  cel: parseCEL('plan == "pro" && (seats > 3 || name.startsWith("A")) && !(country in ["DE", "AT"])'),
  json_logic: parseJsonLogic({ and: [{ '==': [{ var: 'plan' }, 'pro'] }, { '<=': [10, { var: 'mrr' }, 20] }, { '!': { in: ['x', { var: 'name' }] } }] }),
  mongodb: parseMongoDB({ $or: [{ plan: 'pro' }, { mrr: { $gte: 10, $lt: 20 } }, { country: { $nin: ['DE'] } }] }),

  // What the language cannot say: definitions.txt has the message.
  xor: clicked([{ field: 'plan', operator: '=', value: 'pro' }, { field: 'mrr', operator: '>', value: 1 }], {
    group: { combinator: 'xor' },
    combinators: ['and', 'or', 'xor'].map(name => ({ name, label: name })),
  }),
  no_field: clicked([{}], { autoSelectField: false }),
  no_operator: clicked([{ field: 'mrr' }], { autoSelectOperator: false }),
  in_nothing: rule('country', 'in', ''),
  between_one: rule('mrr', 'between', between('10', '')),
  contains_field: rule('country', 'contains', 'plan', { valueSource: 'field' }),
  parameter: rule('mrr', '>', 'limit', { valueSource: 'parameter' }),
  match_mode: clicked([{ field: 'tags', value: { combinator: 'and', rules: [{ field: '', operator: '=', value: 'vip' }] } }], {
    fields: [...fields, { name: 'tags', label: 'Tags', matchModes: true }],
  }),
  custom_operator: clicked([{ field: 'country', operator: 'soundsLike', value: 'DE' }]),
  second_rule: clicked([{ field: 'plan', operator: '=', value: 'pro' }, { rules: [{ field: 'mrr', operator: '>', value: null }] }]),
};

for (const [name, query] of Object.entries(queries)) console.log(`${name}: ${JSON.stringify(query, bigIntJsonStringifyReplacer)}`);
