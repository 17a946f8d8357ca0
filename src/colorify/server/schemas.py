"""What a request may ask for, and the OpenAPI that says so."""

import json
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    field_validator,
)

from colorify.css_colors import parse_color
from colorify.errors import UsageError
from colorify.hints import MAX_REACH, Hint, Length, is_length
from colorify.images.formats import FORMATS
from colorify.images.metadata.tiff import MOST_PAGES
from colorify.options import RANGES, ColorOptions, FormatName, SaveOptions
from colorify.server.problems import INVALID_VALUE, RefusalError, describe
from colorify.server.settings import ALTERNATIVES, MAX_HINTS

Form = TypeVar("Form", bound=BaseModel)

MAX_COORDINATE_PX: Final = 1e6  # px; beyond any photo, and far from where squares overflow
DEFAULT_QUALITIES: Final = ", ".join(str(row.quality) for row in FORMATS if row.quality is not None)
MEDIA_TYPES: Final = {row.name: f"image/{row.name}" for row in FORMATS}


def _within(name: str) -> Any:
    """Return the bounds of a row of `options.RANGES`, as pydantic wants them."""
    return Field(ge=RANGES[name].low, le=RANGES[name].high)


def _parse_color(text: str) -> str:
    """Return "#rrggbb". Raises ValueError, which pydantic takes for a fault of the request."""
    try:
        return parse_color(text)
    except UsageError as error:
        raise ValueError(str(error)) from error


def _read_length(value: object) -> Length:
    """Return px, or a share as text. Raises ValueError."""
    if not is_length(value) or (not isinstance(value, str) and value > MAX_COORDINATE_PX):  # type: ignore[operator]
        raise ValueError(f"expected 0 to {MAX_COORDINATE_PX:.0f} px, or a share such as 50%")
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]


LENGTH_SCHEMA: Final = WithJsonSchema(
    {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": MAX_COORDINATE_PX},
            {"type": "string", "pattern": r"^(100|[0-9]{1,2}(\.[0-9]{1,6})?)%$"},
        ],
    }
)
LengthIn = Annotated[Length, PlainValidator(_read_length), LENGTH_SCHEMA]


class HintIn(BaseModel):
    """One colour at one place of the upright photo at its full size. Its brightness does not count.

    Lengths are px, or text such as "12.5%": a share of the width or height; of a radius, of the short side.
    """

    model_config = ConfigDict(extra="forbid")

    x: LengthIn = Field(description="px from the left border, or percent")
    y: LengthIn = Field(description="px from the top, or percent")
    color: Annotated[str, AfterValidator(_parse_color)] = Field(
        max_length=32, description="#RRGGBB, #RGB or a name of CSS", examples=["#c08060", "navy"]
    )
    radius: LengthIn = Field(0.0, description="px, or percent; 0: as small as it gets")
    reach: float = Field(
        0,
        ge=-MAX_REACH,
        le=MAX_REACH,
        allow_inf_nan=False,
        description="how much of the thing that it lies on gets its colour: -1 less, 1 more",
    )

    def hint(self) -> Hint:
        """Return it as the colorizer wants it."""
        return Hint(self.x, self.y, self.color, self.radius, self.reach)


class ColorOptionsIn(BaseModel):
    """How the colours are to be."""

    model_config = ConfigDict(extra="forbid")

    strength: Annotated[float, _within("strength")] = Field(
        1.0, description="0 grey, 1 as generated, 2 twice that"
    )
    vividness: Annotated[float, _within("vividness")] = Field(
        1.0, description="0 cautious, 1 as trained, 2 bold"
    )
    hints: Annotated[list[HintIn], Field(max_length=MAX_HINTS)] = []

    alternative: Annotated[int, _within("alternative")] = Field(
        1, le=ALTERNATIVES, description="of the plausible colourings that differ; 1: the likeliest"
    )

    def color_options(self) -> ColorOptions:
        """Return it as the colorizer wants it."""
        hints = tuple(hint.hint() for hint in self.hints)
        return ColorOptions(self.strength, self.vividness, None, hints, self.alternative)


class RenderRequest(ColorOptionsIn):
    """How the result is to be."""

    format: FormatName | None = Field(None, description="none: as the upload")
    quality: Annotated[int, _within("quality")] | None = Field(
        None, description=f"of JPEG, WebP and AVIF; none: {DEFAULT_QUALITIES}"
    )
    keep_location: bool = Field(False, description="leave GPS data in the result")
    layer: bool = Field(
        False, description="the colour alone, transparent, to be laid over the photo; PNG, TIFF or WebP"
    )
    page: int | None = Field(
        None, ge=1, le=MOST_PAGES, description="of a TIFF of several: this one alone, in any format"
    )

    def save_options(self) -> SaveOptions:
        """Return it as the colorizer wants it."""
        return SaveOptions(self.format, self.quality)


class SessionForm(BaseModel):
    """How the generator is to look at a photo."""

    detail: Literal["auto", "fast", "fine"] = Field(
        "auto", description="fine: at two scales where the photo holds so much, in four times as long"
    )


class FormRequest(RenderRequest, SessionForm):
    """The same, as the fields of a form, where all values are text and hints are JSON."""

    @field_validator("hints", mode="before")
    @classmethod
    def _read_hints(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ValueError('expected JSON such as [{"x": 120, "y": 80, "color": "#c08060"}]') from error


class SessionRequest(RenderRequest):
    """How the result of a session is to be."""

    scale: Literal["preview", "full"] = Field("preview", description="preview: a JPEG, as large as a screen")


class Size(BaseModel):
    """Of a picture, in px."""

    width: int
    height: int


class SessionAnswer(BaseModel):
    """A photo that is kept for a while."""

    id: str
    name: str = Field(description="of the file, for the download")
    width: int = Field(description="px, upright")
    height: int = Field(description="px")
    preview: Size
    format: str = Field(description="of the upload")
    was_colored: bool = Field(description="it had colour, sepia included; only its brightness is used")
    expires_in: float = Field(description="s without use after which it is forgotten")
    notes: list[str]


class SuggestRequest(BaseModel):
    """A place for which colours are wanted, and what is known already."""

    model_config = ConfigDict(extra="forbid")

    x: LengthIn = Field(description="px of the upright photo, or percent of its width")
    y: LengthIn = Field(description="px, or percent of its height")
    hints: Annotated[list[HintIn], Field(max_length=MAX_HINTS)] = []


class Match(BaseModel):
    """What a photo has in common with another one, as hints."""

    hints: list[HintIn] = Field(description="none where the two have too little in common")


class SuggestionOut(BaseModel):
    """A colour to choose."""

    color: str = Field(examples=["#c08060"], description="as bright as the photo is at the point")
    probability: float = Field(description="0..1, what the generator gives to this colour and its shades")


class Suggestions(BaseModel):
    """The likeliest colours of a point, the likeliest first; none where the generator is a regression."""

    suggestions: list[SuggestionOut]
    lightness: float = Field(description="L of the point, 0..100; it is kept whatever colour is chosen")


class FilmRequest(BaseModel):
    """How the colours of a film are to be."""

    model_config = ConfigDict(extra="forbid")

    strength: Annotated[float, _within("strength")] = 1.0
    vividness: Annotated[float, _within("vividness")] = 1.0


class FilmStatus(BaseModel):
    """How far a film is."""

    id: str
    name: str
    state: Literal["waiting", "working", "done", "failed"]
    frames: int = Field(description="that are coloured")
    total: int | None = Field(description="as far as the film says")
    seconds_left: float | None
    error: str = Field(description="why it failed")
    result_suffix: str = Field(description="of the file that is fetched, once it is done")
    notes: list[str]


class Alternatives(BaseModel):
    """How many plausible colourings of a photo there are that differ clearly."""

    count: int = Field(ge=1, description="1: the usual one alone")


class Model(BaseModel):
    """A generator that this server has."""

    name: str
    version: str
    license: str
    size: int = Field(description="px, short side at which it does best")
    device: str = Field(description="where it runs, such as cpu or cuda")


class ServerLimits(BaseModel):
    """What this server takes on."""

    max_bytes: int
    max_pixels: int
    formats: list[str]
    films: bool = Field(description="it colours films: the extra `video` is installed")


class Models(BaseModel):
    """The generators of this server, and its limits."""

    models: list[Model]
    limits: ServerLimits


def read_form(kind: type[Form], fields: dict[str, str]) -> Form:
    """Return the fields of a form as a model; empty ones are left out. Raises RefusalError."""
    try:
        return kind.model_validate({key: text for key, text in fields.items() if text != ""})
    except ValidationError as error:
        raise RefusalError(INVALID_VALUE, describe(error.errors())) from error


def form_schema() -> dict[str, Any]:
    """Return the OpenAPI of a multipart body with an image and options."""
    image = {"type": "string", "format": "binary", "description": "JPEG, PNG, TIFF, WebP or AVIF"}
    hints = {
        "type": "string",
        "contentMediaType": "application/json",
        "description": 'a list such as [{"x": 120, "y": 80, "color": "#c08060", "radius": 6}]',
    }
    fields = FormRequest.model_json_schema()["properties"]
    fields["hints"] = hints
    schema = {"type": "object", "required": ["image"], "properties": {"image": image, **fields}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def image_schema(form: type[BaseModel] | None = None) -> dict[str, Any]:
    """Return the OpenAPI of a multipart body with an image, and the fields of `form`."""
    fields = form.model_json_schema()["properties"] if form else {}
    image = {"type": "string", "format": "binary"}
    schema = {"type": "object", "required": ["image"], "properties": {"image": image, **fields}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
