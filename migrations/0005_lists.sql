-- Lists of artworks that users keep. A list goes with its owner, an item with its list or its artwork.
CREATE TABLE lists (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  description TEXT,
  visibility TEXT NOT NULL DEFAULT 'public',
  item_count INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (owner_id, slug)
);

CREATE TABLE list_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  list_id INTEGER NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
  artwork_id TEXT NOT NULL REFERENCES artworks (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  note TEXT,
  added_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE (list_id, artwork_id)
);

CREATE INDEX list_items_artwork ON list_items (artwork_id);
CREATE INDEX list_items_order ON list_items (list_id, position);

CREATE TRIGGER list_items_added AFTER INSERT ON list_items
BEGIN
  UPDATE lists SET item_count = item_count + 1 WHERE id = NEW.list_id;
END;

CREATE TRIGGER list_items_removed AFTER DELETE ON list_items
BEGIN
  UPDATE lists SET item_count = item_count - 1 WHERE id = OLD.list_id;
END;
