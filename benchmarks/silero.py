"""The wheel's other exports of the speech detector, which only the benchmark needs."""
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

SUM = "9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85"


def sequence_export():
    """Path of silero_vad_16k_sequence.onnx, taken out of the wheel that script/deps/wheels.txt names."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"), "chat", "deps")
    path = cache / "silero-vad-6.2.3" / "silero_vad_16k_sequence.onnx"
    if not path.exists():
        wheels = pathlib.Path(__file__).parents[1] / "script" / "deps" / "wheels.txt"
        wanted = next(line for line in wheels.read_text().splitlines() if line.startswith("silero-vad"))
        with tempfile.TemporaryDirectory() as folder:
            requirement = pathlib.Path(folder, "requirement.txt")
            requirement.write_text(wanted + "\n")
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                            "--no-deps", "--require-hashes", "--dest", folder, "--requirement", requirement],
                           check=True)
            wheel = next(pathlib.Path(folder).glob("*.whl"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(zipfile.ZipFile(wheel).read(f"silero_vad/data/{path.name}"))
    if hashlib.sha256(path.read_bytes()).hexdigest() != SUM:
        sys.exit(f"{path} is not the file that this benchmark was written for; remove it and run again")
    return path
