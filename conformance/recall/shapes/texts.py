"""Anything else: addresses in running text, and a server's log, where nothing is one."""
from truth import Expected


def files(make):
    yield prose(make)
    yield log(make)


def prose(make):
    file, crowd, random = make("text", "running text", "txt")
    shapes = ["Please write to {e}, who knows.", "<{e}> said so.", "Contact: {n} ({e})", "mailto:{e}?subject=x", "\"{n}\" <{e}>; and more", "they sent it to '{e}'.", "{e}", "e-mail={e}&next=1", "[{e}]", "Ask {n} — {e}."]
    words = "the quick brown fox met a lazy dog at 10:30 and paid 3.50 for logo@2x.png on version pkg@1.0.1 of it".split()
    out = []
    for person in make.people(crowd):
        file.records.append(Expected((person.email,), (), ()))
        filler = " ".join(random.sample(words, random.randint(3, 12)))
        out.append(f"{filler}. {random.choice(shapes).format(e=person.email, n=person.first)}\n" + ("\n" if random.random() < 0.1 else ""))
    return make.write(file, "".join(out))


def log(make):
    file, _, random = make("text", "server log: nobody", "log")
    lines = []
    for at in range(make.count * 3):
        path = random.choice(["/static/logo@2x.png", "/npm/pkg@1.0.1/dist/a.js", "/@scope/name@next", "/img/icon@3x.jpg?v=2", "/a?u=git@host:repo.git", "/index.html"])
        lines.append(f'192.0.2.{random.randint(1, 254)} - - [02/Jan/2020:03:{at // 60 % 60:02}:{at % 60:02} +0000] "GET {path} HTTP/1.1" {random.choice([200, 304, 404])} {random.randint(0, 99999)} "-" "Mozilla/5.0 (X11; Linux x86_64)"\n')
        if at % 50 == 0:
            lines.append("npm WARN deprecated left-pad@1.3.0: use it no more\n   at Object.<anonymous> (/app/node_modules/x@2.0.0/y.js:1:2)\n")
    return make.write(file, "".join(lines))
