CREATE TABLE tags (
  id INTEGER PRIMARY KEY,
  label TEXT NOT NULL COLLATE NOCASE UNIQUE,
  category TEXT
);

CREATE TABLE artwork_tags (
  artwork_id TEXT NOT NULL REFERENCES artworks (id) ON DELETE CASCADE,
  tag_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  tagged_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  PRIMARY KEY (artwork_id, tag_id)
) WITHOUT ROWID;

CREATE INDEX artwork_tags_tag ON artwork_tags (tag_id);
