"""Makes an OpenBLAS that MLX can use of the one SciPy ships, and measures a BLAS.

    python openblas.py rename SOURCE PATCHELF RESULT   drops the prefix of SciPy's symbols
    python openblas.py exports LIBRARY                 exit status 0 when it has cblas_sgemm
    python openblas.py speed                           GFLOP/s of MLX in this process

MLX's wheel for Linux brings a reference BLAS. One loaded before it takes over,
but it must use the plain names: SciPy's has `scipy_cblas_sgemm`, so that two
copies can live in one process. Standard library only, but for `speed`.
"""

import mmap
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "scipy_"
_DYNSYM = 11  # section type SHT_DYNSYM
_UNDEFINED = 0  # section index of a symbol that another library brings


def defined_symbols(library: Path) -> Iterator[str]:
    """Names of the dynamic symbols a 64-bit little-endian ELF file defines. Throws ValueError for any other file.

    Layouts of the header, sections and symbols: System V ABI, chapters 4 and 5.
    """
    with open(library, "rb") as file:
        if file.read(6) != b"\x7fELF\x02\x01":
            raise ValueError(f"{library} is not a 64-bit little-endian ELF file.")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with data:
        try:
            yield from _symbols(data)
        except (struct.error, IndexError) as error:
            raise ValueError(f"{library} is cut short: {error}.") from error


def _symbols(data: mmap.mmap) -> Iterator[str]:
    start = struct.unpack_from("<Q", data, 0x28)[0]
    size, count = struct.unpack_from("<HH", data, 0x3A)
    # Of each section: type, offset, length, and the section its names are in.
    sections = [struct.unpack_from("<4xI16xQQI", data, start + size * i) for i in range(count)]
    for type, offset, length, link in sections:
        if type != _DYNSYM:
            continue
        names = sections[link][1]
        for name, section in struct.iter_unpack("<I2xH16x", data[offset : offset + length]):
            if section != _UNDEFINED and name:
                yield data[names + name : data.find(b"\0", names + name)].decode()


def rename(source: Path, patchelf: Path, result: Path) -> None:
    """Writes a copy of SciPy's library with the plain BLAS names. Throws ValueError when it has none of them."""
    names = sorted({name for name in defined_symbols(source) if name.startswith(PREFIX)})
    if f"{PREFIX}cblas_sgemm" not in names:
        raise ValueError(f"{source} has no {PREFIX}cblas_sgemm.")
    with tempfile.NamedTemporaryFile("w", suffix=".map") as map:
        map.writelines(f"{name} {name.removeprefix(PREFIX)}\n" for name in names)
        map.flush()
        subprocess.run([patchelf, "--rename-dynamic-symbols", map.name, "--output", result, source], check=True)


def speed(size: int = 512, tries: int = 7) -> float:
    """The best of some square matrix products, in GFLOP/s, on the processor."""
    import mlx.core as mx

    mx.set_default_device(mx.cpu)
    a, b = mx.random.normal((size, size)), mx.random.normal((size, size))
    mx.eval(a, b)
    best = float("inf")
    for _ in range(tries):
        start = time.perf_counter()
        mx.eval(a @ b)
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def main(args: list[str]) -> int:
    match args:
        case ["rename", source, patchelf, result]:
            rename(Path(source), Path(patchelf), Path(result))
        case ["exports", library]:
            return 0 if "cblas_sgemm" in defined_symbols(Path(library)) else 1
        case ["speed"]:
            print(f"{speed():.1f}")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
