-- What the independent translations of definitions are made of. Written from the language's description, and for obviousness, not
-- for speed: whatever fails on a value is missing, because the error is caught. They are functions of PL/pgSQL, which the planner, unlike those
-- of SQL, need not parse at each of a thousand uses.
CREATE SCHEMA oracle;

-- Numbers ------------------------------------------------------------------------------------------------------------------------

-- An exact number next to a float, and a column's number in arithmetic: what is not within these limits counts as out of range.
CREATE FUNCTION oracle.f8(n numeric) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN n = 0 OR abs(n) BETWEEN 1e-300 AND 1e300 THEN n::float8 END; END $$;
CREATE FUNCTION oracle.operand(f float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN f = 0 OR abs(f) BETWEEN 1e-100 AND 1e100 THEN f END; END $$;
CREATE FUNCTION oracle.operand(n numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN abs(n) < 1e1000 THEN n END; END $$;
-- In a formula with a float.
CREATE FUNCTION oracle.float_operand(n numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN n = 0 OR abs(n) BETWEEN 1e-100 AND 1e100 THEN n END; END $$;

CREATE FUNCTION oracle.arithmetic(op text, a numeric, b numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE op WHEN '+' THEN a + b WHEN '-' THEN a - b WHEN '*' THEN a * b WHEN '/' THEN a / nullif(b, 0) END;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

CREATE FUNCTION oracle.arithmetic(op text, a float8, b float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE op WHEN '+' THEN a + b WHEN '-' THEN a - b WHEN '*' THEN a * b WHEN '/' THEN a / nullif(b, 0) END;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

-- Uniform in [0,1): the first 52 bits of the hash.
CREATE FUNCTION oracle.bucket(salt text, key text) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN ('x' || left(encode(sha256(convert_to(salt || chr(31) || key, 'UTF8')), 'hex'), 13))::bit(52)::bigint / 2::float8 ^ 52; END $$;

-- Time ---------------------------------------------------------------------------------------------------------------------------

-- Local time and instants tell each other from 4713 BC to 294275, and in UTC, where they are the same, always.
CREATE FUNCTION oracle.convertible(ts timestamp, zone text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN zone = 'UTC' OR NOT isfinite(ts) OR ts BETWEEN timestamp '4713-01-01 BC' AND timestamp '294276-01-01'; END $$;

CREATE FUNCTION oracle.instant(ts timestamp, zone text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN oracle.convertible(ts, zone) THEN ts AT TIME ZONE zone END; END $$;

CREATE FUNCTION oracle.local(tz timestamptz, zone text) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN oracle.convertible(tz AT TIME ZONE 'UTC', zone) THEN tz AT TIME ZONE zone END; END $$;

CREATE FUNCTION oracle.day(tz timestamptz, zone text) RETURNS date LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN oracle.local(tz, zone)::date; END $$;

CREATE FUNCTION oracle.calendar_part(w interval) RETURNS interval LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN make_interval(months => (extract(year FROM w) * 12 + extract(month FROM w))::int, days => extract(day FROM w)::int); END $$;

CREATE FUNCTION oracle.in_range(tz timestamptz) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN tz >= timestamptz '0001-01-01 00:00:00+00' AND tz < timestamptz '10000-01-01 00:00:00+00'; END $$;
CREATE FUNCTION oracle.in_range(d date) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN d BETWEEN date '0001-01-01' AND date '9999-12-31'; END $$;

-- The local time at which a day begins.
CREATE FUNCTION oracle.midnight(d date) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN oracle.in_range(d) THEN d::timestamp END; END $$;

-- edge(W): days and longer in the zone, hours and shorter exactly. What is moved lies in the years 1 to 9999, or it is missing.
CREATE FUNCTION oracle.shift(tz timestamptz, w interval, zone text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    calendar interval := oracle.calendar_part(w);
BEGIN
    IF NOT oracle.in_range(tz) THEN RETURN NULL; END IF;
    IF calendar::text <> '00:00:00' THEN
        tz := ((tz AT TIME ZONE zone) + calendar) AT TIME ZONE zone;
    END IF;
    RETURN tz + (w - calendar);
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

-- A timestamp is local time already.
CREATE FUNCTION oracle.shift(ts timestamp, w interval, zone text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    calendar interval := oracle.calendar_part(w);
BEGIN
    IF NOT oracle.in_range(ts AT TIME ZONE 'UTC') THEN RETURN NULL; END IF;
    RETURN ((ts + calendar) AT TIME ZONE zone) + (w - calendar);
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

CREATE FUNCTION oracle.shift(d date, w interval) RETURNS date LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN oracle.in_range(d) THEN (d + w)::date END; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;

-- From an infinite time to a finite one it is infinitely long.
CREATE FUNCTION oracle.days_between(a timestamptz, b timestamptz) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN CASE WHEN isfinite(a) AND isfinite(b) THEN extract(epoch FROM b - a) / 86400
                WHEN a = 'infinity' OR b = '-infinity' THEN numeric '-Infinity' ELSE numeric 'Infinity' END END; END $$;

CREATE FUNCTION oracle.days_between(a date, b date) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN CASE WHEN isfinite(a) AND isfinite(b) THEN (b - a)::numeric WHEN a = 'infinity' OR b = '-infinity' THEN numeric '-Infinity' ELSE numeric 'Infinity' END END; END $$;

CREATE FUNCTION oracle.age(d date, today date) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE WHEN oracle.in_range(d) THEN extract(year FROM age(today, d)) END;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

-- The start of the period that the local time lies in; infinite times are in one of their own.
CREATE FUNCTION oracle.period_start(unit text, ts timestamp, week_start int) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN NOT isfinite(ts) THEN ts WHEN unit = 'week' THEN date_trunc('day', ts) - make_interval(days => (extract(isodow FROM ts)::int - week_start + 7) % 7)
                     ELSE date_trunc(unit, ts) END; END $$;

CREATE FUNCTION oracle.anniversary_in(d date, from_day date, until_day date) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    leap boolean;
    month int := extract(month FROM d);
    day int := extract(day FROM d);
    anniversary date;
BEGIN
    IF d IS NULL OR NOT isfinite(d) THEN RETURN false; END IF;
    FOR year IN extract(year FROM from_day)::int .. extract(year FROM until_day)::int LOOP
        leap := year % 4 = 0 AND (year % 100 <> 0 OR year % 400 = 0);
        anniversary := CASE WHEN month = 2 AND day = 29 AND NOT leap THEN make_date(year, 3, 1) ELSE make_date(year, month, day) END;
        IF anniversary >= from_day AND anniversary < until_day THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;

-- Values inside jsonb: a name is a key of an object, a position one of an array; anything else is absent ------------------------------

CREATE FUNCTION oracle.part(j jsonb, name text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN jsonb_typeof(j) = 'object' THEN j -> name END; END $$;
CREATE FUNCTION oracle.part(j jsonb, item int) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN jsonb_typeof(j) = 'array' THEN j -> item END; END $$;

CREATE FUNCTION oracle.json_text(j jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN jsonb_typeof(j) <> 'null' THEN j #>> '{}' END; END $$;
CREATE FUNCTION oracle.json_number(j jsonb) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN jsonb_typeof(j) = 'number' THEN j::numeric END; END $$;
CREATE FUNCTION oracle.json_boolean(j jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN jsonb_typeof(j) = 'boolean' THEN j::boolean END; END $$;

-- Casts of texts: numbers in decimal notation, true and false; all else is missing.
CREATE FUNCTION oracle.text_numeric(t text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN t ~ '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$' THEN t::numeric END; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
CREATE FUNCTION oracle.text_bigint(t text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN t ~ '^[+-]?[0-9]+$' THEN t::bigint END; EXCEPTION WHEN data_exception THEN RETURN NULL; END $$;
CREATE FUNCTION oracle.text_boolean(t text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE t WHEN 'true' THEN true WHEN 'false' THEN false END; END $$;

-- Only ISO 8601 is read, without zone in the population's zone.
CREATE FUNCTION oracle.text_instant(t text, zone text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE SET timezone TO 'UTC' SET datestyle TO 'ISO, YMD' AS $$
DECLARE
    parts text[] := regexp_match(t, '^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(Z|[+-]\d{2}(?::?\d{2})?)?)?$');
BEGIN
    IF parts IS NULL THEN RETURN NULL; END IF;
    IF parts[3] IS NOT NULL THEN RETURN (parts[1] || ' ' || parts[2] || parts[3])::timestamptz; END IF;
    RETURN (parts[1] || ' ' || coalesce(parts[2], '00:00'))::timestamp AT TIME ZONE zone;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

-- Arrays -----------------------------------------------------------------------------------------------------------------------------

-- Whether an element is among them; no element among the missing ones.
CREATE FUNCTION oracle.holds(elements anyarray, item anyelement) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN coalesce(item = ANY (elements), false); END $$;

CREATE FUNCTION oracle.json_holds(j jsonb, item jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN CASE WHEN jsonb_typeof(j) = 'array' THEN EXISTS (SELECT FROM jsonb_array_elements(j) AS e(value) WHERE e.value = item) ELSE false END; END $$;

-- Moments where something begins to hold or ends, for the tables to hold: the windows' edges as of the given instants, with the
-- microseconds before and after. Each in three spellings.
CREATE FUNCTION oracle.edges(zone text, as_ofs timestamptz[], windows interval[], week_start int) RETURNS json LANGUAGE sql STABLE
    SET timezone TO 'UTC' SET datestyle TO 'ISO, YMD' AS $$
    WITH as_of AS (SELECT unnest(as_ofs) AS at),
    edge AS (
        SELECT at AS tz FROM as_of
        UNION SELECT oracle.shift(at, w, zone) FROM as_of, unnest(windows) AS w
        UNION SELECT oracle.shift(at, -w, zone) FROM as_of, unnest(windows) AS w
        UNION SELECT (oracle.period_start(unit, at AT TIME ZONE zone, week_start) + n * ('1 ' || replace(unit, 'quarter', 'month'))::interval) AT TIME ZONE zone
              FROM as_of, unnest('{day,week,month,quarter,year}'::text[]) AS unit, unnest('{-3,-1,0,1,3}'::int[]) AS n),
    near AS (SELECT DISTINCT tz + n * interval '1 microsecond' AS tz FROM edge, unnest('{-1,0,0,0,1}'::int[]) AS n)
    SELECT json_build_object(
        'tz', json_agg(json_build_array(to_char(tz, 'YYYY-MM-DD HH24:MI:SS.US'), to_char(tz + interval '5:45', 'YYYY-MM-DD"T"HH24:MI:SS.US"+05:45"'))),
        'ts', json_agg(to_char(tz AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI:SS.US')),
        'date', (SELECT json_agg(DISTINCT to_char((tz AT TIME ZONE zone)::date + n, 'YYYY-MM-DD')) FROM edge, unnest('{-1,0,1}'::int[]) AS n))
    FROM near $$;
