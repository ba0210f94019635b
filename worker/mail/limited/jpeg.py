"""A HEIC picture as JPEG, for programs that know no HEIC: ``{file, size}``, or ``{}`` when it is too large for us.

Turned upright by its own EXIF, which is kept; colours in RGB.
"""

import io
from pathlib import Path
from typing import Any

from PIL import ImageOps

from worker.mail.limited.images import opened
from worker.mail.limited.questions import ReaderLimits

QUALITY = 88


def answer(path: Path, out: Path | None, limits: ReaderLimits) -> dict[str, Any]:
    assert out is not None
    with opened(path) as picture:
        if picture.width * picture.height > limits.pixels:
            return {}
        upright = ImageOps.exif_transpose(picture)
        rgb = upright if upright.mode == "RGB" else upright.convert("RGB")
        written = io.BytesIO()  # its writer keeps silent about a file that may grow no further
        rgb.save(written, "JPEG", quality=QUALITY, exif=upright.getexif().tobytes())
    return {"file": "0", "size": (out / "0").write_bytes(written.getvalue())}
