"""What must come out of a file, and where it was damaged on purpose."""
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Expected:
    """One record: addresses (else logins) and secrets; the rest is compared where it is given."""

    emails: tuple
    usernames: tuple
    secrets: tuple  # of (is it a hash, value)
    kinds: tuple = ()  # of (hash kind, salt or ""), one a hash
    url: str = ""

    @property
    def identity(self):
        return tuple(sorted(email.lower() for email in self.emails)) or tuple(sorted(self.usernames))

    @property
    def key(self):
        return self.identity, tuple(sorted(self.secrets))


@dataclass
class File:
    """A file to judge."""

    format: str
    dialect: str
    path: Path
    records: list = field(default_factory=list)
    corrupt: list = field(default_factory=list)  # of (begin, end) in bytes
    passwords: tuple = ()
    by: str = ""  # the tool that wrote it
    table: object = None  # its columns, which peers are told

    def expect(self, person, secret="auto", email=True, username=False, url="", kind=None, salt=None):
        """A person as a record."""
        is_hash = bool(person.hash)
        value = person.hash if is_hash else person.password
        secrets = ((is_hash, value),) if secret == "auto" and value else ()
        kinds = ((person.kind if kind is None else kind, person.salt if salt is None else salt),) if secrets and is_hash else ()
        self.records.append(Expected((person.email,) if email else (), (person.username,) if username else (), secrets, kinds, url))
        return self.records[-1]
