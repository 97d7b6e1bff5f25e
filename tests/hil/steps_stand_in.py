"""Stands in for `n6gen` in tests of the runner: a process that takes the same words, and does as the model's name says.

It makes no image and reaches no board. What it "measures" is made up, which shows how runs are conducted and judged,
and nothing about any board. Started with `python -I -S` for its speed: no package is there.

    ok  wrong  fault  flaky  hang  silent  killed  nobuild  dear<cost>
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path

STAGES = ("input", "network", "decode", "present", "total")


def said(word):
    return sys.argv[sys.argv.index(word) + 1]


def fail(code, kind, message):
    print(json.dumps({"error": {"kind": kind, "exit_code": code, "message": message, "things_to_try": []}}, indent=2))
    sys.exit(code)


def note(text):
    with Path("calls.txt").open("a") as file:
        file.write(text + "\n")


def build():
    model, folder = said("--model"), Path(said("--out"))
    note(f"build {model} {said('--res')}")
    if model == "nobuild":
        fail(5, "InputError", "the model cannot be read")
    folder.mkdir(parents=True)
    image = f"{model} {said('--res')} {os.environ.get('N6_FAKE_TOKEN')}".encode()
    (folder / "app.bin").write_bytes(image)
    part = {"name": "app", "address": 0, "offset": 0, "size": len(image), "file": "app.bin"}
    part["sha256"] = hashlib.sha256(image).hexdigest()
    manifest = {"schema": 1, "board": said("--board"), "network_id": "n" * 64, "build_id": part["sha256"]}
    manifest |= {"fingerprint": "", "partitions": [part], "files": {}, "model": {"source": model}, "network": {}}
    manifest |= {"options": {}, "sources": {}, "tools": {}, "flags": [], "memory": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def on_board(work):
    """Do something with a board; two at a time would be seen."""
    serial = said("--sn")
    model = json.loads((Path(said("--build")) / "manifest.json").read_text())["model"]["source"]
    note(f"{sys.argv[1]} {model} on {serial}")
    if Path(f"sick-{serial}").exists():
        fail(4, "BoardError", f"{serial}: no probe found")
    mark = os.open(f"using-{serial}", os.O_CREAT | os.O_EXCL)
    try:
        work(serial, model)
    finally:
        os.close(mark)
        Path(f"using-{serial}").unlink()


def flash(serial, model):
    time.sleep(0.02)


def measure(serial, model):
    if model == "hang":
        Path(f"using-{serial}").unlink()
        Path("hanging").write_text(str(os.getpid()))
        time.sleep(600)
    if model == "killed":
        Path(f"using-{serial}").unlink()
        os.kill(os.getpid(), 9)
    if model == "fault":
        fail(4, "Fault", "the board faulted: ::error::gotcha\n::warning::x \x1b[31mred")
    if model == "silent":
        fail(4, "NoAnswer", "hang: the board did not finish")
    if model == "flaky" and not Path("flaked").exists():
        Path("flaked").touch()
        fail(4, "DidNotRun", "the board did not get ready")
    cost = float(model[4:]) if model.startswith("dear") else 1000.0
    costs = dict.fromkeys(STAGES, cost)
    exact = model != "wrong"
    frame = {"name": "one", "mask_exact": 1.0 if exact else 0.5, "mask_agreement": 0.9, "cost": costs}
    session = {"unit": "instructions", "emulated": True, "resolution_of_clock": 1, "verdict": {"exact": exact}}
    session |= {"method": {"name": "deterministic"}, "windows": [], "frames": [frame]}
    session["stages"] = {stage: {"n": 1, "p50": value} for stage, value in costs.items()}
    session["conditions"] = {"serial": serial, "build_id": "b", "network_id": "n", "tools": {"n6gen": "1"}}
    print(f"token: {os.environ.get('N6_FAKE_TOKEN')}")
    print(json.dumps(session, indent=2))
    sys.exit(0 if exact else 1)


if __name__ == "__main__":
    {"build": build, "flash": lambda: on_board(flash), "measure": lambda: on_board(measure)}[sys.argv[1]]()
