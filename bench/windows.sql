-- Job W in DuckDB, over the workload sorted by time: errors per agent in 60 s > 5; the same call 5 times in 120 s. $FILE is read.
WITH e AS (
    SELECT * FROM read_ndjson('$FILE', columns = {id: 'VARCHAR', ts: 'TIMESTAMP', agent: 'VARCHAR', type: 'VARCHAR', tool: 'VARCHAR',
        status: 'VARCHAR', args: 'STRUCT(command VARCHAR, cwd VARCHAR, opts JSON, path VARCHAR, "limit" BIGINT, "offset" BIGINT,
        content VARCHAR, pattern VARCHAR, url VARCHAR, target VARCHAR)'}))
SELECT id, 'w1' AS policy FROM (
    SELECT id, count(*) OVER (PARTITION BY agent ORDER BY ts
        RANGE BETWEEN INTERVAL 59999999 MICROSECONDS PRECEDING AND CURRENT ROW) AS n
    FROM e WHERE status = 'error') WHERE n > 5
UNION ALL
SELECT id, 'w2' FROM (
    SELECT id, count(*) OVER (PARTITION BY agent, tool, args ORDER BY ts
        RANGE BETWEEN INTERVAL 119999999 MICROSECONDS PRECEDING AND CURRENT ROW) AS n
    FROM e WHERE type = 'tool_call') WHERE n >= 5
