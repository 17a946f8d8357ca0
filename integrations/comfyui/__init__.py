"""Colorify in ComfyUI: copy or link this folder into `ComfyUI/custom_nodes`. See README.md beside this.

ComfyUI registers the first that it finds: the classic mapping, or the entry point of the V3 schema. So a
version that has the V3 schema is offered that one alone, and an older one the mapping alone.
"""

from importlib.util import find_spec

if find_spec("comfy_api") is not None and find_spec("comfy_api.latest") is not None:
    from .v3_node import comfy_entrypoint

    __all__ = ["comfy_entrypoint"]
else:
    from .classic_node import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

    __all__ = ["NODE_CLASS_MAPPINGS", "NODE_DISPLAY_NAME_MAPPINGS"]
