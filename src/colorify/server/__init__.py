"""The colorizer behind HTTP, and a page for people. Needs the extra `server`.

From the ground up: `settings` the limits; `problems` what is said when something is refused; `line` who is
served when; `wishes` what a request may ask for; `upload` a body into a picture; `privacy` what a result
keeps quiet; `studio` a photo at work; `sessions` photos kept for a while; `metrics`; `guard` what every
request passes; `api`, `site` the routes; `app` all of it; `run` it on a port.
"""
