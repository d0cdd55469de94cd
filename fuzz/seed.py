#!/usr/bin/env python3
"""Turns folders with projects into seeds: seed.py load|yaml|dotenv FROM TO

Each folder below FROM that has a compose file becomes one file in TO, in the form that the target `load` reads.
For `yaml` and `dotenv` each file of that kind becomes one.
"""
import hashlib
import pathlib
import sys

LARGEST = 32 << 10


def text_of(path):
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= LARGEST else None
    except (UnicodeDecodeError, OSError):
        return None


def is_yaml(path):
    return path.suffix in (".yaml", ".yml")


def is_env(path):
    return ".env" in path.name or path.suffix == ".env"


def files_of(folder):
    """The folder's texts that a project is made of, by their path in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (is_yaml(path) or is_env(path)):
            text = text_of(path)
            if text is not None:
                yield path.relative_to(folder).as_posix(), text


def project_of(folder):
    files = dict(files_of(folder))
    mains = [name for name in files if "/" not in name and "compose" in name and is_yaml(pathlib.Path(name))]
    mains.sort(key=lambda name: ("override" in name, len(name)))
    if not mains:
        return None
    parts = [files.pop(mains[0])] + [f"#@ {name}\n{text}" for name, text in files.items()]
    return "\n".join(parts)


def seeds(kind, source):
    if kind == "load":
        folders = {path.parent for path in source.rglob("*") if path.is_file() and "compose" in path.name}
        return filter(None, map(project_of, sorted(folders)))
    wanted = is_yaml if kind == "yaml" else is_env
    return filter(None, (text_of(path) for path in sorted(source.rglob("*")) if path.is_file() and wanted(path)))


def main():
    kind, source, target = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    target.mkdir(parents=True, exist_ok=True)
    for text in seeds(kind, source):
        if len(text) <= LARGEST:
            (target / hashlib.sha1(text.encode()).hexdigest()).write_text(text, encoding="utf-8")


main()
