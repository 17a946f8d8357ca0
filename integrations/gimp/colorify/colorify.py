#!/usr/bin/env python3
"""Colorify in GIMP 3: Colors > Colorify. One file, in a folder of its own name among GIMP's plug-ins.

GIMP brings its own Python, so this calls the command `colorify`, wherever that is installed, and puts its
result as a layer in mode *LCh Color* above the photo: lightness stays that of the layers below.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROCEDURE = "plug-in-colorify"
COMMAND = "colorify"
LAYER_NAME = "Colorify"
RANGE = 0.0, 2.0, 1.0  # of strength and of vividness: lowest, highest, default


class CommandError(Exception):
    """The command could not be run, or refused; its text is for the person."""


def build_command(command: str, source: Path, target: Path, strength: float, vividness: float) -> list[str]:
    """Return the command line that colours `source`, a PNG, into `target`. Raises CommandError."""
    program = shutil.which(command) or (command if Path(command).is_file() else None)
    if program is None:
        raise CommandError(
            f"The command {command!r} was not found. Install Colorify, or give the command's full path in "
            "the dialog; `which colorify` in a terminal says it (Windows: `where colorify`)."
        )
    options = ["--strength", f"{strength:g}", "--vividness", f"{vividness:g}"]
    return [program, str(source), "-o", str(target), *options, "--quiet"]


def run_command(line: list[str]) -> None:
    """Run the command; raises CommandError with what it says on stderr where it fails."""
    try:
        done = subprocess.run(  # noqa: S603  # the command that the person named
            line, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
    except OSError as error:
        raise CommandError(f"{line[0]}: {error.strerror}.") from error
    if done.returncode != 0:
        raise CommandError(done.stderr.strip() or f"{line[0]} ended with exit code {done.returncode}.")


def main() -> None:
    """Register with GIMP, and run when it calls."""
    import gi

    gi.require_version("Gimp", "3.0")
    gi.require_version("GimpUi", "3.0")
    from gi.repository import Gimp, GimpUi, Gio, GLib, GObject

    def color_drawable(image: Gimp.Image, drawable: Gimp.Drawable, config: Gimp.ProcedureConfig) -> None:
        with tempfile.TemporaryDirectory(prefix="colorify-") as folder:
            source, target = Path(folder, "photo.png"), Path(folder, "color.png")
            line = build_command(
                config.get_property("command"),
                source,
                target,
                config.get_property("strength"),
                config.get_property("vividness"),
            )
            save_drawable(image, drawable, source)
            run_command(line)
            insert_layer(image, drawable, target)

    def save_drawable(image: Gimp.Image, drawable: Gimp.Drawable, target: Path) -> None:
        copy = Gimp.Image.new_with_precision(
            drawable.get_width(), drawable.get_height(), image.get_base_type(), image.get_precision()
        )
        try:
            if profile := image.get_color_profile():
                copy.set_color_profile(profile)
            layer = Gimp.Layer.new_from_drawable(drawable, copy)
            copy.insert_layer(layer, None, 0)
            layer.set_offsets(0, 0)
            Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, copy, Gio.File.new_for_path(str(target)), None)
        finally:
            copy.delete()

    def insert_layer(image: Gimp.Image, drawable: Gimp.Drawable, file: Path) -> None:
        image.undo_group_start()
        try:
            if image.get_base_type() != Gimp.ImageBaseType.RGB:
                image.convert_rgb()  # a grey image has no room for colour
            layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(str(file)))
            layer.set_name(LAYER_NAME)
            layer.set_mode(Gimp.LayerMode.LCH_COLOR)
            image.insert_layer(layer, drawable.get_parent(), image.get_item_position(drawable))
            _, left, top = drawable.get_offsets()
            layer.set_offsets(left, top)
        finally:
            image.undo_group_end()
        Gimp.displays_flush()

    def run(procedure, run_mode, image, drawables, config, _data):  # GIMP's own types
        def end(status: Gimp.PDBStatusType, text: str = "") -> Gimp.ValueArray:
            error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), text, 0) if text else None
            return procedure.new_return_values(status, error)

        if len(drawables) != 1 or not isinstance(drawables[0], Gimp.Layer):
            return end(Gimp.PDBStatusType.CALLING_ERROR, "Colorify: choose one layer.")
        if run_mode == Gimp.RunMode.INTERACTIVE:
            GimpUi.init(PROCEDURE)
            dialog = GimpUi.ProcedureDialog.new(procedure, config, "Colorify")
            dialog.fill(None)
            wanted = dialog.run()
            dialog.destroy()
            if not wanted:
                return end(Gimp.PDBStatusType.CANCEL)
        Gimp.progress_init("Colorify")
        try:
            color_drawable(image, drawables[0], config)
        except CommandError as error:
            return end(Gimp.PDBStatusType.EXECUTION_ERROR, f"Colorify: {error}")
        return end(Gimp.PDBStatusType.SUCCESS)

    class ColorifyPlugIn(Gimp.PlugIn):
        """What GIMP asks for by name."""

        def do_query_procedures(self) -> list[str]:
            return [PROCEDURE]

        def do_set_i18n(self, _name: str) -> bool:
            return False

        def do_create_procedure(self, name: str) -> Gimp.ImageProcedure:
            procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
            procedure.set_image_types("*")
            procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
            procedure.set_menu_label("_Colorify...")
            procedure.add_menu_path("<Image>/Colors")
            procedure.set_documentation(
                "Colour a black-and-white photo",
                "Adds a layer in mode LCh Color above the chosen layer.",
                name,
            )
            procedure.set_attribution("Colorify", "MIT", "2026")
            flags = GObject.ParamFlags.READWRITE
            procedure.add_double_argument("strength", "_Strength", "0 is grey, 1 as generated", *RANGE, flags)
            procedure.add_double_argument(
                "vividness", "_Vividness", "0 cautious, 1 as trained", *RANGE, flags
            )
            procedure.add_string_argument(
                "command", "_Command", "Name or full path of the command colorify", COMMAND, flags
            )
            return procedure

    Gimp.main(ColorifyPlugIn.__gtype__, sys.argv)


if __name__ == "__main__":
    main()
