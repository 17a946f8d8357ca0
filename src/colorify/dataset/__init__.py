"""From the web to shards: crawl, screen, pack. Needs the extra `crawl` for the crawl and for Parquet lists.

The crawl, from the ground up:

* `catalogue`: the memory of a crawl, in SQLite: one row an image, one row a page
* `encoding`: the text of an answer, in the encodings that the web has
* `links`: addresses as pages write them, in one form
* `srcset`: the largest picture that a `srcset` offers
* `json_ld`: what a page's JSON-LD says of its pictures
* `page`: a page read once, from its first tag to its last
* `page_facts`: its links, pictures, licence, and what it reserves
* `robots`: robots.txt, whatever is in it or comes in its place
* `tdm_rights`: what a site says about machines that learn: noai, TDM Reservation Protocol
* `frontier`: what is fetched next
* `storage`: files checked by their content and named by their sha256
* `network`: which addresses a crawl connects to
* `response_head`: the head of an answer, bounded
* `middlewares`: Scrapy downloader middlewares: rights and delays
* `spider`: fetches rows of the catalogue and writes down what it learned
* `crawl`: `colorify data crawl`
* `parquet_lists`: lists of images in the columns of img2dataset, read and written

From pictures to shards:

* `sources`: the pictures of a folder, and where each is from
* `near_duplicates`: perceptual hashes, and the photos that look alike
* `image_stats`: what can be measured of a picture to tell whether it can teach colour
* `screening_rules`: the rules of screening, as rows of a table
* `contact_sheets`: pages of small pictures, to be looked at
* `screen`: `colorify data screen`: kept or rejected, and why
* `shard_plan`: which photo goes into which shard
* `process_pool`: worker processes whose death is seen at once
* `tar_members`: the files in a tar, and whether it is whole
* `shard_reader`: the photos of WebDataset shards, one after another, and decoded to Lab
* `shard_writer`: `colorify data shard`
* `stats`: `colorify data stats`: a set of shards in numbers and pictures
"""
