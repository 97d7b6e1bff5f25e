"""The UART to a running board, local, remote or emulated: lines, bulk transfers, and the client that speaks them."""
