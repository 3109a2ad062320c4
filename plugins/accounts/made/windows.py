"""Prints a row as pwdump has it: name, number and password given. `pip install impacket`."""

import sys

from impacket.ntlm import compute_lmhash, compute_nthash

name, number, password = sys.argv[1:]
print(f"{name}:{number}:{compute_lmhash(password).hex()}:{compute_nthash(password).hex()}:::")
