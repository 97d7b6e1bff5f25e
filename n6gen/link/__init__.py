"""The UART to a running board, local, remote or emulated: lines, bulk transfers, and the client that speaks them."""

from n6gen.link.bauds import open_at_its_baud
from n6gen.link.client import Client
from n6gen.link.errors import ClocksDisagree, Fault, NoAnswer, Refused, Restarted, TooSlow, WindowDamaged
from n6gen.link.hello import Hello
from n6gen.link.port import BAUD, Port, SerialPort, SocketPort, open_port
from n6gen.link.protocol import Record, Sample
from n6gen.link.selftest import Selftest

__all__ = [
    "BAUD",
    "Client",
    "ClocksDisagree",
    "Fault",
    "Hello",
    "NoAnswer",
    "Port",
    "Record",
    "Refused",
    "Restarted",
    "Sample",
    "Selftest",
    "SerialPort",
    "SocketPort",
    "TooSlow",
    "WindowDamaged",
    "open_at_its_baud",
    "open_port",
]
