"""Locks and opens W_time with the `timelock` wheel of validators.

Usage: timelock_wheel.py lock PUBLIC_KEY ROUND MESSAGE
       timelock_wheel.py open SIGNATURE W_TIME
Bytes are hexadecimal. The wheel has the older encoding of 372 bytes, in which the length 32 stands before V and before W;
`open` puts those two lengths back into 356 bytes.
"""
import os
import struct
import sys

from timelock import Timelock

POINT, HASH = 96, 32


def with_lengths(data: bytes) -> bytes:
    if len(data) != 356:
        return data
    length = struct.pack("<Q", HASH)
    return data[:POINT] + length + data[POINT : POINT + HASH] + length + data[POINT + HASH :]


def main() -> None:
    command, first, *rest = sys.argv[1:]
    if command == "lock":
        round_number, message = rest
        print(bytes(Timelock(first).tle(int(round_number), message, bytearray(os.urandom(32)))).hex())
    else:
        locked = with_lengths(bytes.fromhex(rest[0]))
        # Opening needs the signature only, but the wheel wants a key first.
        print(bytes(Timelock("").tld(locked, bytearray.fromhex(first))).decode())


main()
