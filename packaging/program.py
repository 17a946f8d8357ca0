"""`colorify` as a program that brings its own Python, for winget; PyInstaller makes a folder of it:

pip install pyinstaller . && pyinstaller --name colorify --collect-all colorify packaging/program.py

The folder is dist/colorify. It has no extras: photos, folders and the page; no films, training or clusters.
"""

import multiprocessing
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a worker is this program again
    from colorify.cli import main

    sys.exit(main())
