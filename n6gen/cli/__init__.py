"""The command line. One file a command; what it does lives in the packages below.

Nothing in here is public API: scripts use the commands, Python uses the packages.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import rich_click as click

from n6gen import __version__
from n6gen.cli.output import Output
from n6gen.cli.shell import CurrentOutput, LazyGroup
from n6gen.errors import ExitCode, N6genError

#: What shells call a program that Ctrl-C ended.
_INTERRUPTED = 130

_COMMANDS = {
    "build": "n6gen.cli.build:build",
    "flash": "n6gen.cli.flash:flash",
    "measure": "n6gen.cli.measure:measure",
    "report": "n6gen.cli.report:report",
    "compare": "n6gen.cli.compare:compare",
    "live": "n6gen.cli.live:live",
    "boards": "n6gen.cli.boards:boards",
    "model": "n6gen.cli.model:model",
    "network": "n6gen.cli.network:network",
    "image": "n6gen.cli.image:image",
    "size": "n6gen.cli.size:size",
    "zoo": "n6gen.cli.zoo:zoo",
    "vendor": "n6gen.cli.vendor:vendor",
    "doctor": "n6gen.cli.doctor:doctor",
    "config": "n6gen.cli.config:config",
    "completion": "n6gen.cli.completion:completion",
}


@click.group(
    cls=LazyGroup,
    commands_in=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="n6gen")
def cli() -> None:
    """From a quantised ONNX segmentation network to a measured board.

    Three commands: build, flash, measure. `--board virtual` needs no hardware.
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with a code of `n6gen.errors.ExitCode`."""
    sys.exit(_run(args))


def _run(args: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if args is None else args)
    # Until a command has parsed its own options, guess from the words who reads.
    current = CurrentOutput(Output("-" if "--json" in arguments else None))
    try:
        code = cli.main(arguments, prog_name="n6gen", standalone_mode=False, obj=current)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except N6genError as error:
        current.output.error(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        current.output.say("stopped")
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`); there is nobody to tell.
        sys.stderr.close()
        return ExitCode.OK
    except Exception as error:  # noqa: BLE001 - a user never sees a traceback
        from n6gen.cli.bug import report_bug

        report_bug(current.output, error)
        return ExitCode.BUG
    return code if isinstance(code, int) else ExitCode.OK
