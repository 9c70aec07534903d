-- `photos` is a JSON array of {"url", "caption", "width", "height"}; the first one is the cover.
-- A user who leaves takes no artwork along: created_by becomes NULL.
CREATE TABLE artworks (
  id TEXT PRIMARY KEY NOT NULL,
  title TEXT NOT NULL,
  description TEXT,
  kind TEXT NOT NULL DEFAULT 'mural',
  status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'removed')),
  latitude REAL NOT NULL CHECK (latitude BETWEEN -90 AND 90),
  longitude REAL NOT NULL CHECK (longitude BETWEEN -180 AND 180),
  photos TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(photos)),
  -- A few bytes for a blurred placeholder.
  blur_hash BLOB,
  created_on TEXT,
  created_by TEXT REFERENCES users (id) ON DELETE SET NULL,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX artworks_position ON artworks (latitude, longitude);
CREATE INDEX artworks_status ON artworks (status, created_at);
CREATE INDEX artworks_created_by ON artworks (created_by);

CREATE TABLE artwork_artists (
  artwork_id TEXT NOT NULL REFERENCES artworks (id) ON DELETE CASCADE,
  artist_id INTEGER NOT NULL REFERENCES artists (id) ON DELETE CASCADE,
  role TEXT NOT NULL DEFAULT 'artist',
  PRIMARY KEY (artwork_id, artist_id)
) WITHOUT ROWID;

CREATE INDEX artwork_artists_artist ON artwork_artists (artist_id);
