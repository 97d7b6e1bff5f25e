"""The UART to a running board, local, remote or emulated: lines, bulk transfers, and the client that speaks them."""

from n6gen.link.client import Client, Hello
from n6gen.link.errors import Fault, NoAnswer, Refused, Restarted, WindowDamaged
from n6gen.link.port import BAUD, Port, SerialPort, SocketPort, open_port
from n6gen.link.protocol import Record, Sample

__all__ = [
    "BAUD",
    "Client",
    "Fault",
    "Hello",
    "NoAnswer",
    "Port",
    "Record",
    "Refused",
    "Restarted",
    "Sample",
    "SerialPort",
    "SocketPort",
    "WindowDamaged",
    "open_port",
]
