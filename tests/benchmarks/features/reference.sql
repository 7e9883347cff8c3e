-- The yardstick: the as-of filter and a sum per firm and day of decision, over the ten clean Parquet tables.
-- A row counts for an application if it was known on or before the day of the decision; nothing else is done with it:
-- no restatement is resolved, no unit, factor, note or check is looked at. {tables} and {out} are filled in by run.py.

CREATE VIEW applications AS SELECT * FROM read_parquet('{tables}/applications.parquet');
CREATE VIEW asked AS SELECT application_id, firm_id, as_of FROM applications;

COPY (
    SELECT application_id, 'firms' AS source, count(*) AS rows_seen, sum(year(founded_on)) AS total
    FROM read_parquet('{tables}/firms.parquet') JOIN asked USING (firm_id)
    WHERE known_on IS NULL OR known_on <= as_of
    GROUP BY application_id
    UNION ALL
    SELECT application_id, 'annual', count(*), sum(revenue)
    FROM read_parquet('{tables}/annual.parquet') JOIN asked USING (firm_id)
    WHERE known_on IS NULL OR known_on <= as_of
    GROUP BY application_id
    UNION ALL
    SELECT application_id, 'energy', count(*), sum(quantity)
    FROM read_parquet('{tables}/energy.parquet') JOIN asked USING (firm_id)
    WHERE known_on IS NULL OR known_on <= as_of
    GROUP BY application_id
    UNION ALL
    SELECT application_id, 'production', count(*), sum(quantity)
    FROM read_parquet('{tables}/production.parquet') JOIN asked USING (firm_id)
    WHERE known_on IS NULL OR known_on <= as_of
    GROUP BY application_id
    UNION ALL
    SELECT application_id, 'emissions', count(*), sum(quantity)
    FROM read_parquet('{tables}/emissions.parquet') JOIN asked USING (firm_id)
    WHERE known_on IS NULL OR known_on <= as_of
    GROUP BY application_id
    UNION ALL
    SELECT application_id, 'certifications', count(*), sum(quantity)
    FROM read_parquet('{tables}/certifications.parquet') JOIN asked USING (firm_id)
    WHERE known_on IS NULL OR known_on <= as_of
    GROUP BY application_id
    UNION ALL
    SELECT application_id, 'incidents', count(*), sum(fine)
    FROM read_parquet('{tables}/incidents.parquet') JOIN asked USING (firm_id)
    WHERE known_on IS NULL OR known_on <= as_of
    GROUP BY application_id
    UNION ALL
    SELECT application_id, 'checks', count(*), count("to")
    FROM read_parquet('{tables}/checks.parquet') JOIN asked USING (firm_id)
    WHERE known_on IS NULL OR known_on <= as_of
    GROUP BY application_id
    UNION ALL
    SELECT application_id, 'applications', count(*), sum(amount)
    FROM applications
    GROUP BY application_id
    UNION ALL
    SELECT application_id, 'outcomes', count(*), count(occurred_on)
    FROM read_parquet('{tables}/outcomes.parquet') JOIN asked USING (application_id)
    GROUP BY application_id
) TO '{out}' (FORMAT parquet);
