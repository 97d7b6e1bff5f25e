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

#: Name → where the command is, and a line for `n6gen --help`, which imports none of them.
_COMMANDS = {
    "build": ("n6gen.cli.build:build", "From a model to the images of a board."),
    "flash": ("n6gen.cli.flash:flash", "Write a build to a board: what differs, proven by read-back."),
    "measure": ("n6gen.cli.measure:measure", "Run frames on a board: costs, masks, verdict."),
    "report": ("n6gen.cli.report:report", "Make a session's reports anew from its raw bytes."),
    "verify": ("n6gen.cli.verify:verify", "Compare every tensor of a board with onnxruntime's."),
    "compare": ("n6gen.cli.compare:compare", "Say how the cost changed from one session to another."),
    "evaluate": ("n6gen.cli.evaluate:evaluate", "Mean IoU over a labelled data set: host and board."),
    "live": ("n6gen.cli.live:live", "Watch a board segment frame after frame."),
    "ci": ("n6gen.cli.ci:ci", "Hardware in the loop: a plan of jobs on boards, judged."),
    "boards": ("n6gen.cli.boards:boards", "List the boards that can be reached."),
    "model": ("n6gen.cli.model:model", "Models: look into one, list and get known ones."),
    "network": ("n6gen.cli.network:network", "Compiled networks: look into one."),
    "image": ("n6gen.cli.image:image", "Images with an STM32 header: show, sign, check, rebuild."),
    "size": ("n6gen.cli.size:size", "Show who takes what of each memory."),
    "zoo": ("n6gen.cli.zoo:zoo", "Published figures of networks on the STM32N6."),
    "vendor": ("n6gen.cli.vendor:vendor", "Vendor packages that a real board's build needs."),
    "doctor": ("n6gen.cli.doctor:doctor", "Look for what is missing on this machine."),
    "config": ("n6gen.cli.config:config", "Show every setting and where it came from."),
    "completion": ("n6gen.cli.completion:completion", "Print a completion script for a shell."),
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
