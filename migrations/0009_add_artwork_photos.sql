-- Additive: photos get a table of their own, so that they can be searched and credited one by one.
CREATE TABLE artwork_photos (
  artwork_id TEXT NOT NULL REFERENCES artworks (id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 0),
  url TEXT NOT NULL,
  caption TEXT,
  width INTEGER,
  height INTEGER,
  taken_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  PRIMARY KEY (artwork_id, position)
);

CREATE INDEX artwork_photos_taken_by ON artwork_photos (taken_by);

-- NULL means "not counted yet", until the next migration fills it.
ALTER TABLE artworks ADD COLUMN photo_count INTEGER;

CREATE INDEX artworks_photo_count ON artworks (photo_count);
