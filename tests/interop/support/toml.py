"""Writes TOML: just what configurations need."""

import json


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    raise TypeError(value)


def _table_list(value):
    return isinstance(value, list) and value and all(isinstance(item, dict) for item in value)


def dumps(table, prefix=""):
    """`table` as TOML text; a list of dicts becomes an array of tables."""
    plain = [(key, value) for key, value in table.items()
             if value is not None and not _table_list(value)]
    lines = [f"{key} = {_value(value)}" for key, value in plain]
    for key, value in table.items():
        if _table_list(value):
            for item in value:
                lines += [f"\n[[{prefix}{key}]]", dumps(item, f"{prefix}{key}.")]
    return "\n".join(lines) + "\n"
