"""Reading a printed pass with tools that are not ours (poppler)."""

import subprocess


def ran(*command: str, of: bytes) -> bytes:
    """What a poppler tool writes when it is given the PDF."""
    return subprocess.run(command, input=of, capture_output=True, check=True).stdout


def words(pdf: bytes) -> str:
    """The selectable text in the order of the file, without white space."""
    return "".join(ran("pdftotext", "-raw", "-", "-", of=pdf).decode().split())


def pages(pdf: bytes) -> int:
    """How many pages the file has."""
    lines = ran("pdfinfo", "-", of=pdf).decode().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pages:"))
