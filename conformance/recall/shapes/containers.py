"""Containers around files that are read well bare: by the programs that make them, encrypted, nested, with junk beside."""
import bz2, gzip, io, lzma, subprocess, tarfile, zipfile

import py7zr, pyzipper, zstandard

from workshop import tool

PASSWORDS = ("infected", "Grüße 2020")


def files(make):
    for dialect, (extension, pack) in STREAMS.items():
        file, inner, _ = contents(make, dialect, extension)
        yield make.write(file, pack(inner["combo.txt"] if "combo.txt" in inner else b""))
    for dialect, (extension, pack, passwords) in ARCHIVES.items():
        file, inner, people = contents(make, dialect, extension, both=True)
        file.passwords = passwords
        pack(file.path, inner)
        yield file


def contents(make, dialect, extension, both=False):
    """A combo list and, in archives, a CSV."""
    file, crowd, random = make("container", dialect, extension, allows=lambda text: text.isalnum() and text.isascii())
    lines = "".join(f"{person.email}:{person.password}\n" for person in make.people(crowd, file.expect, count=make.count // 2))
    inner = {"combo.txt": lines.encode()}
    if both:
        rows = "".join(f"{person.number},{person.email},{person.password}\r\n" for person in make.people(crowd, file.expect, count=make.count // 2))
        inner["sub folder/members é.csv"] = ("id,email,password\r\n" + rows).encode()
    return file, inner, None


STREAMS = {
    "gzip": ("txt.gz", gzip.compress), "bzip2": ("txt.bz2", bz2.compress), "xz": ("txt.xz", lzma.compress), "lzma alone": ("txt.lzma", lambda data: lzma.compress(data, lzma.FORMAT_ALONE)),
    "zstd": ("txt.zst", zstandard.ZstdCompressor().compress), "gzip, two members": ("txt.gz", lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:])),
    "no extension": ("bin", gzip.compress),
}


def zip_plain(path, inner):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/._combo.txt", b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(40))
        archive.writestr("empty.txt", b"")
        archive.writestr("../../outside.txt", b"")
        for name, data in inner.items():
            archive.writestr(name, data)


def on_disk(path, inner, *command):
    folder = path.parent / "inner"
    tool("rm", "-rf", folder, path)
    for name, data in inner.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    tool(*command, path, ".", cwd=folder)
    tool("rm", "-rf", folder)


def zip_aes(path, inner):
    with pyzipper.AESZipFile(path, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(PASSWORDS[1].encode())
        for name, data in inner.items():
            archive.writestr(name, data)


def tar(path, inner, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in inner.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def nested(path, inner):
    """A zip of a tar.gz and of a 7z of an xz."""
    folder = path.parent
    tar(folder / "a.tar.gz", {"combo.txt": inner["combo.txt"]}, "w:gz")
    with py7zr.SevenZipFile(folder / "b.7z", "w") as archive:
        archive.writestr(lzma.compress(inner["sub folder/members é.csv"]), "members.csv.xz")
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.tar.gz", "b.7z"):
            archive.write(folder / name, f"x/{name}")
            (folder / name).unlink()


ARCHIVES = {
    "zip": ("zip", zip_plain, ()),
    "zip, ZipCrypto": ("zip", lambda path, inner: on_disk(path, inner, "zip", "-q", "-r", "-P", PASSWORDS[0]), PASSWORDS),
    "zip, AES": ("zip", zip_aes, PASSWORDS),
    "7z": ("7z", lambda path, inner: on_disk(path, inner, "7za", "a", "-bd"), ()),
    "7z, AES, hidden names": ("7z", lambda path, inner: on_disk(path, inner, "7za", "a", "-bd", f"-p{PASSWORDS[0]}", "-mhe=on"), PASSWORDS),
    "tar": ("tar", tar, ()),
    "tar.gz": ("tar.gz", lambda path, inner: tar(path, inner, "w:gz"), ()),
    "tar.xz": ("tar.xz", lambda path, inner: tar(path, inner, "w:xz"), ()),
    "tar.bz2": ("tar.bz2", lambda path, inner: tar(path, inner, "w:bz2"), ()),
    "nested three deep": ("zip", nested, ()),
}
