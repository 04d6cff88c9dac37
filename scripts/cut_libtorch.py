"""Cut a CPU-only libtorch out of PyTorch wheels.

Usage: cut_libtorch.py WHEEL_FOLDER OUT_FOLDER VERSION MACHINE

The Linux wheels are built for CUDA, but their CPU library stands alone once the few libraries that it names are
beside it. Headers, those libraries and every licence are taken, nothing else.
"""

import shutil
import sys
import zipfile
from pathlib import Path

# What libtorch_cpu.so asks for, beyond the system's own libraries.
LIBRARIES = {
    "x86_64": ["libc10.so", "libtorch_cpu.so", "libgomp.so.1", "libcudart.so.13", "libcupti.so.13"],
    "aarch64": [
        "libc10.so",
        "libtorch_cpu.so",
        "libgomp.so.1",
        "libarm_compute.so",
        "libarm_compute_graph.so",
        "libnvpl_blas_core.so.0",
        "libnvpl_blas_lp64_gomp.so.0",
        "libnvpl_lapack_core.so.0",
        "libnvpl_lapack_lp64_gomp.so.0",
        "libcudart.so.13",
        "libcupti.so.13",
    ],
}


def place(name, libraries):
    """Where a member of a wheel goes, relative to the new folder; None if it is not wanted."""
    parts = name.split("/")
    if name.endswith("/"):
        return None
    if parts[:2] == ["torch", "include"]:
        return Path(*parts[1:])
    if parts[-2:-1] == ["lib"] and parts[0] in ("torch", "nvidia") and parts[-1] in libraries:
        return Path("lib", parts[-1])
    package, _, kind = parts[0].rpartition(".")
    if kind == "dist-info" and (parts[1] == "licenses" or "licen" in parts[-1].lower() or parts[-1] == "NOTICE"):
        return Path("licenses", package, *parts[2 if parts[1] == "licenses" else 1 :])
    return None


def main():
    wheels, out, version, machine = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    libraries = LIBRARIES[machine]
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                target = place(member.filename, libraries)
                if target is None:
                    continue
                target = out / target
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("wb") as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
    missing = [name for name in libraries if not (out / "lib" / name).is_file()]
    if not (out / "include/torch/csrc/api/include/torch/torch.h").is_file():
        missing.append("torch.h")
    licensed = {path.name.split("-")[0] for path in (out / "licenses").glob("*")}
    missing += [f"licence of {name}" for name in ("torch", "nvidia_cuda_runtime", "nvidia_cuda_cupti") if name not in licensed]
    if missing:
        sys.exit(f"not in the wheels: {', '.join(missing)}")
    # A linker script in place of the library that would pull in CUDA.
    (out / "lib/libtorch.so").write_text("INPUT(libtorch_cpu.so)\n")
    (out / "build-version").write_text(version + "\n")


main()
