-- Who is in which segment, as compressed sets of ordinals, and which member has which ordinal. A cache for segments kept as
-- rows, the only record of those kept as sets. Not dumped: the next refresh makes them again.

CREATE TABLE segment.catalog_numbering (
    population_id int PRIMARY KEY REFERENCES segment.catalog_population ON DELETE CASCADE,
    epoch int NOT NULL,
    key_type text NOT NULL,
    direct boolean NOT NULL,
    keys bigint NOT NULL
);
COMMENT ON TABLE segment.catalog_numbering IS
    'how members are numbered: by their own integer key or by segment.catalog_dictionary, which then has so many keys; another epoch numbers them anew';

CREATE TABLE segment.catalog_dictionary (
    population_id int NOT NULL REFERENCES segment.catalog_numbering ON DELETE CASCADE,
    piece int NOT NULL,
    free bytea,
    keys bytea NOT NULL,
    hash bigint NOT NULL,
    PRIMARY KEY (population_id, piece)
);
COMMENT ON TABLE segment.catalog_dictionary IS 'the keys of the members in the order of their ordinals, 16,384 to a piece, which of these are free, and a hash of both';
ALTER TABLE segment.catalog_dictionary ALTER COLUMN keys SET STORAGE EXTERNAL;

CREATE TABLE segment.catalog_set (
    segment_id int PRIMARY KEY REFERENCES segment.catalog_segment ON DELETE CASCADE,
    uid uuid NOT NULL,
    epoch int NOT NULL,
    members bigint NOT NULL,
    chunks bytea NOT NULL,
    delta bytea NOT NULL
);
COMMENT ON TABLE segment.catalog_set IS
    'the set of each segment: for each chunk of 65,536 ordinals the number of members and a hash, and what changed since the chunks were stored';
ALTER TABLE segment.catalog_set ALTER COLUMN chunks SET STORAGE EXTERNAL, ALTER COLUMN delta SET STORAGE EXTERNAL;

-- Uncompressed and inline: a set is as large as its entropy already, and a piece nearly fills a page.
CREATE TABLE segment.catalog_set_piece (
    segment_id int NOT NULL REFERENCES segment.catalog_set ON DELETE CASCADE,
    chunk int NOT NULL,
    piece int NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (segment_id, chunk, piece)
);
COMMENT ON TABLE segment.catalog_set_piece IS 'the chunks of the sets, in pieces of at most 8,000 bytes';
ALTER TABLE segment.catalog_set_piece ALTER COLUMN data SET STORAGE PLAIN;
