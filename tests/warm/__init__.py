"""Programs of this project in processes of their own, without the second of imports that each would pay.

`warm.run` and `warm.Popen` take the arguments of `subprocess.run` and `subprocess.Popen`. Where the command is
`python -m MODULE` or `python -c CODE`, the process is a fork of a server that has imported both packages already
(`server`): a real process with its own descriptors, environment, folder, signals and exit code. Anything else starts
as usual: another program, an option of the interpreter, an environment variable that Python reads only at its start.
A test of what a program imports, or of how the interpreter ends, uses `subprocess` itself. With
`HUBSPOT_TESTS_COLD=1` every process starts as usual.
"""

from tests.warm.client import Popen, run

__all__ = ["Popen", "run"]
