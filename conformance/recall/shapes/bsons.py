"""BSON as mongodump writes it, by pymongo's own encoder."""
import gzip

import bson
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from shapes.jsons import document


def files(make):
    yield collection(make, "mongodump", "bcrypt", "bson")
    yield collection(make, "mongodump, plain passwords", "", "bson")
    yield collection(make, "mongodump --gzip", "sha1+", "bson.gz", pack=gzip.compress)
    yield collection(make, "every type", "argon2id", "bson", every=True)
    yield collection(make, "cut off in its last document", "sha256", "bson", cut=True)


def collection(make, dialect, kind, extension, pack=bytes, every=False, cut=False):
    file, crowd, random = make("bson", dialect, extension, by="pymongo bson")
    parts = []
    for person in make.people(crowd, file.expect, kind=kind):
        made = document(person, random)
        if every:
            made = {"double": 0.5, "code": Code("return 'x@example.com'"), "scoped": Code("1", {"a": 1}), "regex": Regex("a.*b", "i"), "stamp": Timestamp(1, 2), "decimal": Decimal128("1.5"), "least": MinKey(), "most": MaxKey(),
                    "long": Int64(-1), "uuid": Binary(random.randbytes(16), 4), "ref": ObjectId(), "nested": {"a": {"b": {"c": [1, {"d": "e"}]}}}, **made}
        parts.append(bson.encode(made))
    whole = b"".join(parts)
    if cut:
        file.records.pop()
        whole = whole[:-len(parts[-1]) // 2]
    return make.write(file, pack(whole))
