// SPDX-License-Identifier: ISC
// duckdb.mjs FILE CONDITIONS THREADS [lines] - the job in DuckDB: one SELECT with the conditions over read_ndjson with the columns
// that they use named. The result is drained and not printed; the seconds of the query alone go to stdout. With `lines`: "event-id policy-id".
// CONDITIONS: what bench/translate sql gives. NODE_PATH names the folder with @duckdb/node-api.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(process.env.NODE_PATH + "/");
const { DuckDBInstance } = require("@duckdb/node-api");
const [file, conditions, threads, lines] = process.argv.slice(2);
const policies = readFileSync(conditions, "utf8").trimEnd().split("\n").map((line) => line.split("\t"));
const text = ["id", "type", "tool", "status", "error", "text", "model"].map((name) => `${name}: 'VARCHAR'`);
const used = policies.map(([, when]) => when).join(" ");
const types = { cost_usd: "DOUBLE", latency_ms: "DOUBLE", tokens_in: "BIGINT", duration_ms: "DOUBLE", input_tokens: "BIGINT" };
const numbers = Object.keys(types).filter((name) => used.includes(name)).map((name) => `${name}: '${types[name]}'`);
const columns = [...text, ...numbers, `args: 'STRUCT(command VARCHAR, ${used.includes("file_path") ? "file_path" : "path"} VARCHAR)'`];
const sql = `SELECT id, ${policies.map(([id, when]) => `(${when}) AS ${id}`).join(", ")}
FROM read_ndjson('${file.replaceAll("'", "''")}', columns = {${columns.join(", ")}})
WHERE ${policies.map(([, when]) => `(${when})`).join(" OR ")}`;

const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();
const start = process.hrtime.bigint();
const result = await connection.stream(sql);
for (let chunk; (chunk = await result.fetchChunk()) !== null && chunk.rowCount > 0; ) {
    if (lines === undefined) continue;
    const out = [];
    for (const row of chunk.getRows())
        for (let i = 0; i < policies.length; i++) if (row[i + 1] === true) out.push(`${row[0]} ${policies[i][0]}\n`);
    process.stdout.write(out.join(""));
}
if (lines === undefined) console.log(Number(process.hrtime.bigint() - start) / 1e9);
