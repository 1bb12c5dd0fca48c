// SPDX-License-Identifier: ISC
// windows.mjs FILE SQL THREADS [lines] - a statement in DuckDB, $FILE in it replaced. Seconds of the query, or with `lines` the rows as
// "event-id policy-id". NODE_PATH names the folder with @duckdb/node-api.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(process.env.NODE_PATH + "/");
const { DuckDBInstance } = require("@duckdb/node-api");
const [file, statement, threads, lines] = process.argv.slice(2);
const sql = readFileSync(statement, "utf8").replaceAll("$FILE", file.replaceAll("'", "''"));
const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();
const start = process.hrtime.bigint();
const result = await connection.stream(sql);
for (let chunk; (chunk = await result.fetchChunk()) !== null && chunk.rowCount > 0; )
    if (lines !== undefined) process.stdout.write(chunk.getRows().map((row) => `${row[0]} ${row[1]}\n`).join(""));
if (lines === undefined) console.log(Number(process.hrtime.bigint() - start) / 1e9);
