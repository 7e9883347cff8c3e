"""PostgreSQL: columns of any of its types, views and odd names are read or refused, and no row is lost."""

from __future__ import annotations

import os
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intake import read_dataset

NO_SERVER = "no PostgreSQL server: run .ci/run, or let GREENCREDIT_TEST_POSTGRES be the URL of one"
VALUES = (
    "NULL", "''", "' '", "'1 444.83'", "1", "-9223372036854775808", "0.1::float8", "'NaN'::float8", "'Infinity'::float4",
    "1.10::numeric(30,12)", "'NaN'::numeric", "'infinity'::timestamptz", "'-infinity'::date", "'4000-01-01 BC'::date",
    "'294276-01-01'::timestamp", "'24:00'::time", "'1 day -2 hours'::interval", "true", "'\\xff00'::bytea", "ARRAY[1,NULL]",
    "ARRAY['a,b','\"']", "'{\"a\": [1]}'::jsonb", "'[1,5)'::int4range", "'10.0.0.0/8'::cidr", "'12'::money", "'(1,2)'::point",
    "B'101'", "'a b'::tsvector", "'x'::name", "'y'::char(9)", "gen_random_uuid()", "E'a\\nb\\r\\n\\t\"\\\\.'",
    "repeat('x', 40000)", "'𠮷🏭'", "1::oid",
)  # fmt: skip
"""Expressions of one value each, of as many types."""


@pytest.fixture(scope="module")
def server():
    url = os.environ.get("GREENCREDIT_TEST_POSTGRES")
    if not url:
        pytest.skip(NO_SERVER)
    import psycopg  # noqa: PLC0415

    schema = f"fuzz {secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
        yield connection, schema, f"{url}?schema={schema.replace(' ', '+')}"
        connection.execute(f'DROP SCHEMA "{schema}" CASCADE')


@settings(settings.get_profile("fuzz postgres"))
@given(data=st.data())
def test_a_mutated_database_is_read_or_refused_and_no_row_is_lost(data, fuzz, server):
    connection, schema, url = server
    name = data.draw(st.sampled_from(sorted(fuzz.tables)))
    headers = fuzz.tables[name].columns
    columns = dict.fromkeys(headers, "NULL")
    for header in data.draw(st.lists(st.sampled_from(headers), min_size=1, max_size=4, unique=True)):
        columns[header] = data.draw(st.sampled_from(VALUES))
    added = data.draw(st.sampled_from([None, 'a ""b""', "100%", "电话", "x:y", "firm_ID"]))
    if added is not None:
        columns[added] = "'1'"
    kind = data.draw(st.sampled_from(["TABLE", "VIEW", "MATERIALIZED VIEW"]))
    rows = data.draw(st.integers(0, 3))
    cells = ", ".join(f'{value} AS "{header}"' for header, value in columns.items())
    connection.execute(f'SET search_path TO "{schema}"')
    try:
        if name != "firms":
            connection.execute("CREATE TABLE firms AS SELECT 'F-1' AS firm_id, 'bank' AS id_scheme")
        connection.execute(f'CREATE {kind} "{name}" AS SELECT {cells} FROM generate_series(1, {rows})')  # noqa: S608
        said = [value for header, value in columns.items() if header != "电话"]
        filled = rows if any(value not in {"NULL", "''", "' '"} for value in said) else 0
        fuzz.read_or_refused(lambda: read_dataset(url, purpose="check"), expected={name: filled})
    finally:
        connection.execute(f'DROP {kind} IF EXISTS "{name}"')
        if name != "firms":
            connection.execute("DROP TABLE IF EXISTS firms")
