-- Derived traits: traits with a formula instead of a column.

CREATE FUNCTION segment.add_trait(population text, name text, formula text, if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_trait';
COMMENT ON FUNCTION segment.add_trait(text, text, text, text) IS
    'gives a population a trait that a formula computes from the others, for definitions, ranks and formulas to use by name';

CREATE FUNCTION segment.add_trait(population text, name text, formula segment.formula, if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_trait_formula';
COMMENT ON FUNCTION segment.add_trait(text, text, segment.formula, text) IS
    'gives a population a trait that a formula computes from the others, for definitions, ranks and formulas to use by name';

CREATE FUNCTION segment.drop_trait(population text, name text, cascade boolean DEFAULT false) RETURNS void
    LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME', 'segment_drop_trait';
COMMENT ON FUNCTION segment.drop_trait(text, text, boolean) IS
    'forgets a derived trait; with cascade also the traits derived from it and the segments whose definitions use these';

CREATE VIEW segment.derived_trait WITH (security_barrier) AS
    SELECT t.name, p.name AS population, t.formula, t.author, t.created_at
    FROM segment.catalog_derived_trait t
    JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) t.population_id
    JOIN segment.catalog_access a ON a.population_id OPERATOR(pg_catalog.=) p.id
    WHERE a.may_read;
COMMENT ON VIEW segment.derived_trait IS 'the derived traits of the populations that the current user may read';
GRANT SELECT ON segment.derived_trait TO PUBLIC;
