"""What can be done to a board: write a build to it, reset it, talk to it, measure it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attr
from labgrid.driver.common import Driver
from labgrid.factory import target_factory
from labgrid.protocol import ResetProtocol
from labgrid.step import step

from n6gen.errors import BoardError
from n6gen.image.manifest import read_manifest
from n6gen.labgrid.host import Host, state_of, where
from n6gen.labgrid.resources import N6VirtualBoard
from n6gen.link import Client, open_port

#: How long an app may take to say that it is ready, in seconds.
_BOOT_S = 30.0


@target_factory.reg_driver
@attr.s(eq=False)
class N6Driver(Driver, ResetProtocol):  # type: ignore[misc]
    """A board of n6gen's. Commands run on the machine that it is connected to.

    `build`: the name under `images:` of the folder that `n6gen build` made. `flash_timeout`, `measure_timeout`: what
    the commands may take in all, in seconds. With a serial port of labgrid's own bound, that is the link.
    """

    bindings = {"board": {"N6Board", "N6VirtualBoard"}, "port": {"NetworkSerialPort", "SerialPort", None}}  # noqa: RUF012

    build: str = attr.ib(default="build", validator=attr.validators.instance_of(str))
    flash_timeout: float = attr.ib(default=600.0, converter=float)
    measure_timeout: float = attr.ib(default=600.0, converter=float)

    def __attrs_post_init__(self) -> None:
        """As labgrid wants it."""
        super().__attrs_post_init__()
        self._on = ExitStack()
        self._client: Client | None = None

    def on_deactivate(self) -> None:
        """Let go of the link."""
        self.off()

    @property
    def folder(self) -> Path:
        """The build's folder."""
        return Path(self.target.env.config.get_image_path(self.build))

    @Driver.check_active  # type: ignore[untyped-decorator]
    @step()  # type: ignore[untyped-decorator]
    def flash(self, *words: str) -> dict[str, Any]:
        """Write the build; what `n6gen flash --json` says. `words` are further options of it. Raises N6genError."""
        self.off()
        host = Host(self.board)
        with host.folder(self.folder) as build:
            return host.n6gen("flash", "--build", build, "--sn", self.board.serial, *words, timeout=self.flash_timeout)

    @Driver.check_active  # type: ignore[untyped-decorator]
    @step()  # type: ignore[untyped-decorator]
    def measure(self, *words: str) -> dict[str, Any]:
        """Measure the build; what `n6gen measure --json` says, its verdict good or bad. Raises N6genError.

        `words` are further options of it; paths in them are of the board's machine.
        """
        self.off()
        host = Host(self.board)
        with host.folder(self.folder) as build:
            words = ("measure", "--build", build, "--sn", self.board.serial, *words)
            return host.n6gen(*words, timeout=self.measure_timeout, negative=True)

    @Driver.check_active  # type: ignore[untyped-decorator]
    def link(self) -> Client:
        """Talk to the app: it has said that it runs the build. Lasts until `off`, or until something is flashed.

        Raises BoardError if nobody answers, or something else runs.
        """
        if self._client is None:
            with ExitStack() as stack:
                client = self._connected(stack)
                manifest = read_manifest(self.folder)
                client.hello(network=manifest.network_id, build=manifest.build_id)
                self._client, self._on = client, stack.pop_all()
        return self._client

    @Driver.check_active  # type: ignore[untyped-decorator]
    @step()  # type: ignore[untyped-decorator]
    def reset(self) -> None:
        """Start the app anew. Raises BoardError if it does not come back."""
        self.link().reset(timeout=_BOOT_S)
        self.off()

    def off(self) -> None:
        """End the link; a virtual board is switched off with it. Does nothing if there is none."""
        self._client = None
        self._on.close()

    def _connected(self, stack: ExitStack) -> Client:
        if isinstance(self.board, N6VirtualBoard):
            return self._switched_on(stack)
        port = open_port(self._url())
        stack.callback(port.close)
        return Client(port)

    def _switched_on(self, stack: ExitStack) -> Client:
        from n6gen.emulator.instance import open_instance
        from n6gen.measure.virtual import running

        if not where(self.board).here:
            raise BoardError(
                f"{self.board.serial} is a virtual board on {self.board.host}: it has no link that reaches here",
                "Use measure(), which runs there, or a virtual board of this machine.",
            )
        with state_of(self.board):
            instance = open_instance(self.board.serial)
        return stack.enter_context(running(instance, self.folder / "app.elf"))[1]

    def _url(self) -> str:
        if self.port is not None:
            from labgrid.util.proxy import proxymanager

            if hasattr(self.port, "host"):
                host, number = proxymanager.get_host_and_port(self.port)
                return f"{'rfc2217' if self.port.protocol == 'rfc2217' else 'socket'}://{host}:{number}"
            return str(self.port.port)
        if self.board.link:
            return str(self.board.link)
        from n6gen.programmer.usb import port_of

        found = port_of(self.board.serial) if where(self.board).here else None
        if found is None:
            raise BoardError(
                f"{self.board.serial}: nothing says where its link is",
                "Export its serial port beside it (USBSerialPort), or give it a `link` (docs/farm.md).",
            )
        return found
