-- What the public pages read.
CREATE VIEW public_artworks AS
SELECT
  artworks.id,
  artworks.title,
  artworks.kind,
  artworks.latitude,
  artworks.longitude,
  json_extract(artworks.photos, '$[0].url') AS cover_url,
  (
    SELECT group_concat(artists.name, ', ')
    FROM artwork_artists JOIN artists ON artists.id = artwork_artists.artist_id
    WHERE artwork_artists.artwork_id = artworks.id
  ) AS artist_names
FROM artworks
WHERE artworks.status = 'approved';

CREATE VIEW public_lists AS
SELECT lists.id, lists.name, lists.slug, lists.item_count, users.display_name AS owner_name
FROM lists JOIN users ON users.id = lists.owner_id
WHERE lists.visibility = 'public';
