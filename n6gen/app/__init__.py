"""The C application: rendered into a CMake project, built, its ELF files checked and searched."""

from n6gen.app.build import BuiltApp, build_project
from n6gen.app.config import AppConfig, NetworkSources
from n6gen.app.elf import Location, Symbols, memory_use, read_elf
from n6gen.app.flags import compile_flags
from n6gen.app.render import Project, render_project
from n6gen.app.toolchain import Toolchain, find_toolchain

__all__ = [
    "AppConfig",
    "BuiltApp",
    "Location",
    "NetworkSources",
    "Project",
    "Symbols",
    "Toolchain",
    "build_project",
    "compile_flags",
    "find_toolchain",
    "memory_use",
    "read_elf",
    "render_project",
]
