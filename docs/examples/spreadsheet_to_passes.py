"""A spreadsheet of trucks becomes a folder of passes: pip install httpx python-calamine, then
CHANGTONG=https://… TOKEN=… python spreadsheet_to_passes.py trucks.xlsx folder
Its first row names fields of an application (plate, plate_colour, goods, origin, …); roads are separated by spaces."""

import os
import sys
import time
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
from python_calamine import load_workbook

token = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
api = httpx.Client(base_url=f"{os.environ['CHANGTONG']}/api/v1", headers=token, timeout=60)


def ask(method: str, path: str, **what: Any) -> httpx.Response:
    """Ask; whoever is told to wait asks the same again."""
    while (answer := api.request(method, path, **what)).status_code in (429, 503):
        time.sleep(int(answer.headers["Retry-After"]))
    return answer


names, *rows = load_workbook(sys.argv[1]).get_sheet_by_index(0).to_python()
waiting: dict[str, str] = {}
for place, cells in enumerate(rows, start=2):
    row: dict[str, Any] = {
        str(n): str(c).removesuffix(".0") for n, c in zip(names, cells, strict=True) if c != ""
    }
    row["roads"] = row.get("roads", "").split()
    key = str(uuid5(NAMESPACE_URL, str(row)))  # Run again, the same row makes nothing twice.
    answer = ask("POST", "/applications", json=row, headers={"Idempotency-Key": key})
    if answer.is_success:
        waiting[answer.json()["id"]] = row["plate"]
    else:
        print(f"row {place}:", answer.json()["title"], *(e["message"] for e in answer.json()["errors"]))
while waiting:
    time.sleep(float(os.environ.get("EVERY", "30")))
    for made in list(waiting):
        found = ask("GET", f"/applications/{made}").json()
        if found["state"] == "issued":
            sheet = ask("GET", f"/passes/{found['pass_number']}/sheet.pdf").content
            Path(sys.argv[2], f"{found['pass_number']}.pdf").write_bytes(sheet)
        if found["state"] not in ("submitted", "in_review"):
            print(
                waiting.pop(made), found["state"], found["pass_number"] or found["refusal"] or found["notes"]
            )
