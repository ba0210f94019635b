"""What a picture is: ``{inside, width, height, camera}``. Only its head is read, its pixels never.

``camera``: its EXIF names a camera's maker or model, or the moment of the exposure.
"""

import warnings
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import IFD, Base

from worker.mail.limited.questions import ReaderLimits


def answer(path: Path, out: Path | None, limits: ReaderLimits) -> dict[str, Any]:
    del out, limits
    try:
        with opened(path) as picture:
            width, height = picture.size
            return {"inside": "readable", "width": width, "height": height, "camera": is_from_camera(picture)}
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return {"inside": "unreadable"}


def opened(path: Path) -> Image.Image:
    """With HEIC understood. Its size is judged by whoever wants its pixels."""
    import pillow_heif

    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    pillow_heif.register_heif_opener()
    return Image.open(path)


def is_from_camera(picture: Image.Image) -> bool:
    try:
        exif = picture.getexif()
        taken = exif.get_ifd(IFD.Exif).get(Base.DateTimeOriginal)
    except Exception:  # noqa: BLE001 - EXIF is written by anybody; a broken one names no camera
        return False
    return bool(exif.get(Base.Make) or exif.get(Base.Model) or taken)
