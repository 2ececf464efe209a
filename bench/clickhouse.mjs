// Statements from standard input to ClickHouse in this process, rows to standard output with `|` between the columns; `\echo WORD` is
// answered by the word, as psql does. Arguments: the directory that has chdb in its node_modules, and one for data.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

const { Session } = createRequire(resolve(process.argv[2], 'index.js'))('chdb');
const session = new Session(process.argv[3]);
session.query('SET max_threads = 1');

let sql = '';
for await (const line of createInterface({ input: process.stdin })) {
    const word = /^\\echo (.*)$/.exec(line);
    if (!word) {
        sql += `${line}\n`;
        continue;
    }
    for (const row of session.query(sql.replace(/;\s*$/, ''), 'TSV').split('\n')) {
        if (row !== '') console.log(row.replaceAll('\t', '|'));
    }
    sql = '';
    console.log(word[1]);
}
session.cleanup();
