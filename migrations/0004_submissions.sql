-- What people send in: a new artwork, or changes to a known one. Kept when the artwork or the person goes.
CREATE TABLE submissions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  artwork_id TEXT REFERENCES artworks (id) ON DELETE SET NULL,
  user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  kind TEXT NOT NULL CHECK (kind IN ('new', 'edit', 'photo', 'report')),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'rejected')),
  changes TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(changes)),
  note TEXT,
  submitted_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX submissions_artwork ON submissions (artwork_id);
CREATE INDEX submissions_user ON submissions (user_id);
CREATE INDEX submissions_open ON submissions (submitted_at) WHERE state = 'open';
