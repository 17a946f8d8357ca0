"""What a file says beside its pixels: read, carried over, and marked as generated.

From the ground up:

* `tiff`: TIFF and EXIF directories, which libvips does not carry
* `tiff_pages`: TIFFs joined into one of several pages
* `exif`: EXIF blocks, corrected in what the new file makes untrue
* `iptc`: IPTC, as newspapers and archives write it
* `xmp`: XMP packets: properties read, added and removed
* `ancillary`: comments, texts and other parts that libvips does not carry over
* `embedding`: what libvips does not write, put into a file while that is written
* `transfer`: from the source to the result, with the mark; and what got lost on the way
* `location`: where a photo was taken, removed
* `provenance`: whether Colorify made a picture
"""
