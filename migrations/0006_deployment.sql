-- What a router knows of itself and others must know too, such as the command line, which cannot read its variables.
-- The router writes it.
CREATE TABLE deployment (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
