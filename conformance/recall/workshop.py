"""Where files are made: a folder, a seed, so many people a file, and a chance of its own for each file, whichever others are made."""
import os, subprocess
from random import Random

from hashing import Hasher
from people import Crowd
from truth import File


class Workshop:
    def __init__(self, folder, seed, people, wanted=lambda title: True):
        self.folder, self.seed, self.count, self.everybody, self.wanted = folder, seed, people, people, wanted
        self.servers = {}

    def __call__(self, format, dialect, extension, allows=lambda text: True, encoding="utf-8", by="", nasty=0.15):
        """A file to come, people for it, and its chance."""
        # Of a file that nobody asked for a stub is made, which is not judged.
        self.count = self.everybody if self.wanted(f"{format} {dialect}") else 40
        random = Random(f"{self.seed}/{format}/{dialect}")
        self.hasher = Hasher(random)
        folder = self.folder / format.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        # The name says nothing: the content is to decide.
        name = f"{token(dialect)}.{extension}" if extension else token(dialect)
        return File(format, dialect, folder / name, by=by), Crowd(random, encoding, allows, nasty), random

    def people(self, crowd, expect=None, count=None, kind=None):
        for _ in range(count or self.count):
            person = crowd.next()
            if kind is not None:
                self.hasher.fill(person, kind)
            if expect:
                expect(person)
            yield person

    def write(self, file, content, encoding="utf-8"):
        file.path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return file

    def server(self, kind):
        """A database server of this run, started when it is first wanted."""
        if kind not in self.servers:
            self.servers[kind] = kind(self.folder / kind.__name__.lower())
        return self.servers[kind]

    def close(self):
        for server in self.servers.values():
            server.close()


def token(dialect):
    return "".join(char if char.isalnum() else "-" for char in dialect).strip("-")


def tool(*command, **options):
    """A tool's output; its failure is ours."""
    done = subprocess.run(list(map(str, command)), capture_output=True, **options)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')[-400:]}")
    return done.stdout
