"""Where a setting may come from besides the environment: a file that ``NAVETTE_X_FILE`` names.

An empty ``NAVETTE_X_FILE`` is not set. What the environment says, in either spelling, counts before what ``.env`` says;
both spellings in one of them are refused, for nobody can tell which was meant. An empty ``NAVETTE_X`` beside a file is
not one of them: Compose writes such.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from worker.settings_values import must_have_no_comment

PREFIX = "NAVETTE_"


class BadSettings(Exception):  # noqa: N818 - reads as what it is
    """A setting is wrong or unknown; the text says which, and what to do."""


class FromFiles(PydanticBaseSettingsSource):
    """``NAVETTE_KEYS_FILE=/run/secrets/keys`` gives the setting ``keys``. ``said``: environment, then ``.env``."""

    def __init__(self, settings_cls: type[BaseSettings], *said: Mapping[str, str | None]) -> None:
        super().__init__(settings_cls)
        self.said = [{name.upper(): value for name, value in each.items()} for each in said]

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        name = PREFIX + field_name.upper()
        for said in self.said:
            path = said.get(f"{name}_FILE")
            if path:
                if said.get(name):
                    raise BadSettings(f"{name} and {name}_FILE are both set: keep one")
                return read_secret(f"{name}_FILE", path), field_name, False
            if name in said:
                break
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


def read_secret(name: str, path: str) -> str:
    """What the file holds, without blanks around it."""
    try:
        must_have_no_comment(path)
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as fault:
        raise BadSettings(f"{name}: cannot read {path}: {fault.strerror}") from fault
    except UnicodeDecodeError:
        raise BadSettings(f"{name}: {path} is not UTF-8") from None
    except ValueError as fault:
        raise BadSettings(f"{name}: {fault}") from fault
