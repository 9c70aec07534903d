CREATE TABLE moderation_decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  submission_id INTEGER NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
  moderator_id TEXT REFERENCES users (id) ON DELETE SET NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
  reason TEXT,
  decided_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX moderation_decisions_submission ON moderation_decisions (submission_id);

-- No foreign keys here: the log outlives what it tells of.
CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  entity TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT CHECK (detail IS NULL OR json_valid(detail)),
  at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX audit_log_entity ON audit_log (entity, entity_id);

CREATE TRIGGER artworks_status_logged AFTER UPDATE OF status ON artworks
WHEN OLD.status <> NEW.status
BEGIN
  INSERT INTO audit_log (entity, entity_id, action, detail)
  VALUES ('artwork', NEW.id, 'status', json_object('from', OLD.status, 'to', NEW.status));
END;

CREATE TRIGGER artworks_deletion_logged AFTER DELETE ON artworks
BEGIN
  INSERT INTO audit_log (entity, entity_id, action, detail)
  VALUES ('artwork', OLD.id, 'deleted', json_object('title', OLD.title));
END;

-- Only what visitors can see counts as a change, so bookkeeping columns can be filled without touching every row.
CREATE TRIGGER artworks_touched AFTER UPDATE OF title, description, kind, status, latitude, longitude, photos ON artworks
BEGIN
  UPDATE artworks SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;
