// Statements from standard input to an in-memory DuckDB, rows to standard output with `|` between the columns; `\echo WORD` is
// answered by the word, as psql does. Arguments: the directory that has @duckdb/node-api in its node_modules.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

const { DuckDBInstance } = createRequire(resolve(process.argv[2], 'index.js'))('@duckdb/node-api');
const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();

let sql = '';
for await (const line of createInterface({ input: process.stdin })) {
    const word = /^\\echo (.*)$/.exec(line);
    if (!word) {
        sql += `${line}\n`;
        continue;
    }
    const answer = await connection.runAndReadAll(sql);
    sql = '';
    for (const row of answer.getRows()) console.log(row.join('|'));
    console.log(word[1]);
}
