"""Files as of a git revision, read through git itself; nothing is checked out."""

from __future__ import annotations

import os

from flopcalc.config.lock import LFS
from flopcalc.errors import InputError

_SECONDS = 60


class Revision:
    """A commit, and the files that it has; paths are seen from `folder`."""

    def __init__(self, folder: str, name: str) -> None:
        self.folder = folder
        self.name = name
        self.commit = self._resolve()
        self._files: dict[str, bytes | None] = {}

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where the commit has none of that name."""
        if path not in self._files:  # many models may be variants of one file
            code, out, _ = self._git("show", f"{self.commit}:./{path.replace(os.sep, '/')}")
            self._files[path] = None if code else out
        return self._files[path]

    def _resolve(self) -> str:
        code, _, said = self._git("rev-parse", "--git-dir")
        if code and b"dubious ownership" in said:
            message = "git does not trust this repository: another user owns it"
            hint = "git config --global --add safe.directory " + os.path.abspath(self.folder)  # noqa: PTH100 - pathlib costs start-up time
            raise InputError(message, hint=hint)
        if code:
            shown = os.path.relpath(self.folder)
            message = f"'{shown}' is in no git repository: there is no revision '{self.name}'"
            raise InputError(message, hint="'flopcalc lock' keeps a baseline without git")
        if self.name.startswith("-"):
            raise InputError(f"'{self.name}' is no revision", hint="for example --against main")
        code, out, _ = self._git("rev-parse", "--verify", "--quiet", f"{self.name}^{{commit}}")
        if not code:
            return out.decode().strip()
        hint = "for example --against origin/main"
        _, shallow, _ = self._git("rev-parse", "--is-shallow-repository")
        if shallow.strip() == b"true":
            hint = f"the clone is shallow: '{self._fetch()}', or fetch all ('fetch-depth: 0')"
        raise InputError(f"git knows no revision '{self.name}'", hint=hint)

    def _fetch(self) -> str:
        """The command that fetches the revision into a shallow clone."""
        name = self.name
        if any(letter in name for letter in "~^@:"):
            return "git fetch --unshallow"
        branch = name.removeprefix("origin/")
        if branch != name:
            return f"git fetch --depth=1 origin {branch}:refs/remotes/{name}"
        if len(name) == 40 and set(name) <= set("0123456789abcdef"):
            return f"git fetch --depth=1 origin {name}"
        return f"git fetch --depth=1 origin {name}:{name}"

    def _git(self, *arguments: str) -> tuple[int, bytes, bytes]:
        import subprocess  # here, since few runs ask git

        command = ["git", "-C", self.folder, *arguments]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603 - fixed words and a resolved commit
        except FileNotFoundError:
            raise InputError("git is not installed", hint="--against reads through git") from None
        except subprocess.TimeoutExpired:
            message = f"git did not answer within {_SECONDS} s"
            raise InputError(message, hint=f"try '{' '.join(command)}'") from None
        return done.returncode, done.stdout, done.stderr


def is_pointer(data: bytes) -> bool:
    """Whether a file's bytes are those of a Git LFS pointer."""
    return data.startswith(LFS)
