-- The extension's schema. It is created here and never adopted, so that nobody can have planted objects in it before.
CREATE SCHEMA segment;
COMMENT ON SCHEMA segment IS 'customer segmentation: populations, segments, their members and what is computed from them';
GRANT USAGE ON SCHEMA segment TO PUBLIC;
