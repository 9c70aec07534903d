-- `aliases` is a JSON array of names.
CREATE TABLE artists (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  sort_name TEXT NOT NULL COLLATE NOCASE,
  born INTEGER,
  died INTEGER,
  aliases TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(aliases)),
  biography TEXT,
  website TEXT,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CHECK (died IS NULL OR born IS NULL OR died >= born)
);

CREATE INDEX artists_sort_name ON artists (sort_name);
