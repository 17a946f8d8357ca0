"""The colorizer behind HTTP, and a page for people.

From the ground up:

* `settings`: every limit in one place, each with its unit
* `plain_text`: text of a client made harmless for an answer or a log
* `log`: what goes to stderr
* `problems`: what a client is told when something is refused (RFC 9457)
* `job_queue`: who is served when
* `schemas`: what a request may ask for, and the OpenAPI that says so
* `upload`: a body becomes a picture in memory
* `work`: a photo at work, and what is made of it as files
* `full_size`: a photo at its full size, as a file: one picture, or a TIFF of its pages
* `sessions`: photos kept in memory for a while
* `film_folder`: where the files of one film lie, for no longer than its server lives
* `films`: films that are coloured for the page, one at a time
* `download`: how a result is called
* `prometheus`: what the server has done so far
* `middleware`: what every request passes before anything is done for it
* `connections`: so many at a time, and none for ever
* `api`: the routes under /v1
* `film_routes`: those under /v1/films
* `static`: the page, and what machines ask about the server
* `app`: all of it as one ASGI application
* `process`: on a port, until it is told to stop
"""
