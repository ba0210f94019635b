"""Where a setting may come from besides the environment: a file that ``NAVETTE_X_FILE`` names."""

import os
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

PREFIX = "NAVETTE_"


class BadSettings(Exception):  # noqa: N818 - reads as what it is
    """A setting is wrong or unknown; the text says which, and what to do."""


class FromFiles(PydanticBaseSettingsSource):
    """``NAVETTE_KEYS_FILE=/run/secrets/keys`` gives the setting ``keys``."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        if path is None:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as fault:
            raise BadSettings(f"{PREFIX}{field_name.upper()}_FILE: cannot read {path}: {fault.strerror}") from fault

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}
