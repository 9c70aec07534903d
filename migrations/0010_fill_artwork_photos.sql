-- Data: copies the JSON photos into their table and counts them. The JSON stays until no release reads it any more,
-- so no value that exists today is changed.
INSERT INTO artwork_photos (artwork_id, position, url, caption, width, height)
SELECT
  artworks.id,
  photo.key,
  json_extract(photo.value, '$.url'),
  json_extract(photo.value, '$.caption'),
  json_extract(photo.value, '$.width'),
  json_extract(photo.value, '$.height')
FROM artworks, json_each(artworks.photos) AS photo;

UPDATE artworks SET photo_count = json_array_length(photos) WHERE photo_count IS NULL;
