"""Picture files: opened, decoded, colour-managed and saved. Nothing else in the house touches them.

From the ground up:

* `other_kinds`: pictures of kinds that are not read: how they are told, and what to convert them with
* `formats`: the kinds of picture file, as rows of a table
* `output_names`: what a result is called that lies beside its source
* `sizes`: a width and a height, multiplied or shrunk to a side
* `limits`: what is refused for its size, by its header alone
* `vips`: libvips as this program wants it: its loaders, and its errors as one line
* `heif`: HEIC photos, decoded by pillow-heif
* `tile_cache`: photos that cannot be read from the top down, laid out once in tiles
* `png_chunks`: the chunks of a PNG, one after the other
* `png_header`: what a PNG says of its colours that libvips does not read
* `tiff_header`: which of a TIFF's pictures is the photo, and what its channels are
* `diagnosis`: why a file could not be decoded
* `decode`: a path, bytes or an array becomes a libvips image
* `cicp`: colours that a file names by number: coding-independent code points (ITU-T H.273)
* `channels`: which channels of a file are colours, and which is alpha
* `icc`: ICC profiles of curves, read and made
* `rgb_space`: RGB spaces that a result may be in: their tables and profiles
* `profiles`: whatever a file's colours were measured by becomes sRGB, and its light is kept
* `row_source`: rows that Python computes, as strips or as an image that libvips pulls
* `metadata`: what a file says beside its pixels (a package)
* `tiff_strips`: the strips of a TIFF, compressed on several threads
* `photo`: a photo, opened: upright, with all that is to be carried over
* `save`: a coloured photo, written
* `pil`: PIL images in and out
* `arguments`: what a caller gives as a photo or as a path
* `contact_sheet`: small pictures in rows and columns, to be looked at
"""
