-- Errors crossing the boundary between C++ and PostgreSQL. The library is built by test/modules/boundary.
\getenv libdir PG_LIBDIR
\set library :libdir '/segment_boundary_test'
CREATE SCHEMA boundary_test;
SET search_path = boundary_test, pg_catalog;
CREATE FUNCTION fail(kind text) RETURNS void AS :'library', 'segment_test_fail' LANGUAGE c STRICT;
CREATE FUNCTION throw(code int) RETURNS void AS :'library', 'segment_test_throw' LANGUAGE c STRICT;
CREATE FUNCTION relay(function regprocedure) RETURNS void AS :'library', 'segment_test_relay' LANGUAGE c STRICT;
CREATE FUNCTION soft(code int) RETURNS text AS :'library', 'segment_test_soft' LANGUAGE c STRICT;
CREATE FUNCTION attempt() RETURNS text AS :'library', 'segment_test_attempt' LANGUAGE c;
CREATE FUNCTION identity(role oid) RETURNS text AS :'library', 'segment_test_identity' LANGUAGE c STRICT;
CREATE FUNCTION extension_owner(name cstring) RETURNS oid AS :'library', 'segment_test_extension_owner' LANGUAGE c STRICT;
CREATE FUNCTION sum_through_receiver() RETURNS bigint AS :'library', 'segment_test_sum' LANGUAGE c;
CREATE FUNCTION single_value(sql text) RETURNS bigint AS :'library', 'segment_test_single_value' LANGUAGE c STRICT;
CREATE FUNCTION copies(bigint) RETURNS text AS :'library', 'segment_test_copies' LANGUAGE c STRICT;
CREATE FUNCTION progress(subject text) RETURNS text AS :'library', 'segment_test_progress' LANGUAGE c STRICT;
CREATE FUNCTION shown_application_name() RETURNS text AS :'library', 'segment_test_application_name' LANGUAGE c;
CREATE FUNCTION poll(spin boolean) RETURNS boolean AS :'library', 'segment_test_poll' LANGUAGE c STRICT;
CREATE FUNCTION alignment() RETURNS boolean AS :'library', 'segment_test_alignment' LANGUAGE c;
CREATE FUNCTION repeat_text(text, too_long boolean) RETURNS text AS :'library', 'segment_test_repeat' LANGUAGE c STRICT;
CREATE FUNCTION live_objects() RETURNS int AS :'library', 'segment_test_live' LANGUAGE c;
CREATE FUNCTION resident_bytes() RETURNS bigint AS :'library', 'segment_test_resident' LANGUAGE c;
CREATE ROLE regress_segment_boundary;
SET application_name = 'boundary test';
SET TimeZone = 'Asia/Tokyo';
SET IntervalStyle = 'sql_standard';
SET DateStyle = 'SQL, DMY';
SET extra_float_digits = 0;

-- Every kind of error of the core has its SQLSTATE, and keeps its detail and hint.
CREATE FUNCTION sqlstate_of(code int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    PERFORM boundary_test.throw(code);
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' ', sqlstate, sqlerrm, detail, hint);
END $$;
SELECT code, sqlstate_of(code) FROM generate_series(0, 17) AS code;
SELECT attempt();
SELECT fail('error');

-- A backend's error passes through C++ with all of its fields.
CREATE FUNCTION raise_everything(a int, b int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'message % %', a, b USING ERRCODE = '22XYZ', DETAIL = 'Detail.', HINT = 'Hint.', COLUMN = 'c', CONSTRAINT = 'k',
        DATATYPE = 't', TABLE = 'r', SCHEMA = 's';
END $$;
DO $$
DECLARE
    state text; message text; detail text; hint text; col text; con text; typ text; tab text; sch text; context text;
BEGIN
    PERFORM boundary_test.relay('boundary_test.raise_everything(int, int)');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
        col = COLUMN_NAME, con = CONSTRAINT_NAME, typ = PG_DATATYPE_NAME, tab = TABLE_NAME, sch = SCHEMA_NAME,
        context = PG_EXCEPTION_CONTEXT;
    RAISE NOTICE '% % % % % % % % %', state, message, detail, hint, col, con, typ, tab, sch;
    RAISE NOTICE '%', split_part(context, E'\n', 1);
END $$;

-- One that passes through C++ many times does not pile up.
CREATE FUNCTION deeper(a int, b int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    depth int := current_setting('boundary_test.depth');
BEGIN
    IF depth = 0 THEN
        RAISE EXCEPTION 'deep inside';
    END IF;
    PERFORM set_config('boundary_test.depth', (depth - 1)::text, true);
    PERFORM boundary_test.relay('boundary_test.deeper(int, int)');
END $$;
\set VERBOSITY terse
SET boundary_test.depth = 10;
SELECT relay('deeper(int, int)');
\set VERBOSITY default

-- A guarded call that raises no error gives its value back, and the one after an error works as well.
CREATE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b';
SELECT relay('add(int, int)');

-- Input functions save the user's mistakes, and nothing else.
CREATE FUNCTION softly(code int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN boundary_test.soft(code);
EXCEPTION WHEN OTHERS THEN
    RETURN concat(CASE WHEN sqlstate IN ('XX000', 'XX001') THEN 'raised ' END, sqlerrm);
END $$;
SELECT code, softly(code) FROM unnest(ARRAY[0, 16, 17]) AS code;

-- A cancel request ends the query under its own name; other interrupts do not.
SELECT poll(false);
SET statement_timeout = '50ms';
SELECT poll(true);
RESET statement_timeout;

-- Running as another role.
SELECT identity('regress_segment_boundary'::regrole) AS inside,
       format('%s | %s | %s | %s | %s | %s', CASE WHEN current_user = session_user THEN 'session user' END,
              current_setting('search_path'), current_setting('TimeZone'), current_setting('DateStyle'),
              current_setting('IntervalStyle'), current_setting('extra_float_digits')) AS after
\gx
SELECT fail('identity');
SELECT current_user = session_user, current_setting('search_path'), current_setting('TimeZone');
SELECT extension_owner('plpgsql') = extowner FROM pg_extension WHERE extname = 'plpgsql';
SELECT extension_owner('no such extension');

-- Results of SQL.
SELECT sum_through_receiver(), copies(42), single_value('SELECT 7::bigint'), single_value('SELECT NULL::bigint');
SELECT single_value('SELECT 1');
SELECT single_value('SELECT 1::bigint WHERE false');
SELECT single_value('COPY pg_class TO STDOUT');
SELECT fail('receiver');

-- Memory.
SELECT alignment(), repeat_text('text', false);
SELECT repeat_text('text', true);

-- Progress is shown and taken back.
SELECT progress('customer'), shown_application_name();
SELECT length(progress(repeat('x', 100))), shown_application_name();
BEGIN;
SELECT fail('progress');
ROLLBACK;
SELECT shown_application_name();

-- Objects in a context live as long as it does.
BEGIN;
SELECT fail('context object');
ROLLBACK;
SELECT live_objects();

-- No kind of failure leaves anything behind: 20,000 of each cost no memory and change no setting. A leaked exception has about
-- 400 bytes, which would make 8 MB; a jump over an object would leak 160 MB and show as live.
CREATE FUNCTION fail_often(kind text, times int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    ignored text;
    state text;
    states text[] := '{}';
BEGIN
    FOR i IN 1 .. times LOOP
        BEGIN
            ignored := boundary_test.fail(kind);
            state := 'no error';
        EXCEPTION WHEN OTHERS OR query_canceled THEN
            state := sqlstate || ' ' || left(sqlerrm, 60);
        END;
        IF state <> ALL (states) THEN
            states := states || state;
        END IF;
    END LOOP;
    RETURN array_to_string(states, ', ');
END $$;
CREATE FUNCTION measure(kinds text[], times int) RETURNS TABLE (kind text, error text, contexts_kept boolean, resident_kept boolean, live int)
LANGUAGE plpgsql AS $$
DECLARE
    contexts bigint;
    resident bigint;
BEGIN
    FOREACH kind IN ARRAY kinds LOOP
        PERFORM boundary_test.fail_often(kind, times / 10);
        contexts := sum(total_bytes) FROM pg_backend_memory_contexts;
        resident := boundary_test.resident_bytes();
        error := boundary_test.fail_often(kind, times);
        contexts_kept := sum(total_bytes) - contexts < 64 * 1024 FROM pg_backend_memory_contexts;
        resident_kept := boundary_test.resident_bytes() - resident < 1024 * 1024;
        live := boundary_test.live_objects();
        RETURN NEXT;
    END LOOP;
END $$;
SELECT count(*) FROM measure(ARRAY['error'], 1000);  -- what measuring itself needs
SELECT * FROM measure(ARRAY['error', 'long text', 'internal error', 'bad_alloc', 'length_error', 'runtime_error', 'unknown exception',
                            'entry only', 'eigen assertion', 'boost assertion', 'impossible size', 'no such memory',
                            'interrupted', 'cancel', 'guarded', 'guarded in child', 'plain', 'query', 'receiver', 'identity', 'progress',
                            'context object', 'constructor'], 20000);
SELECT current_user = session_user, current_setting('search_path'), current_setting('TimeZone'), current_setting('DateStyle'),
       current_setting('IntervalStyle'), current_setting('extra_float_digits'), current_setting('application_name'),
       shown_application_name();

RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA boundary_test CASCADE;
DROP ROLE regress_segment_boundary;
