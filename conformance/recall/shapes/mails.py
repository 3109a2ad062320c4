"""mbox by Python's mailbox, EML by its email package: addresses of who wrote to whom, a record an address and message."""
import io, mailbox, zipfile
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from truth import Expected


def files(make):
    yield box(make)
    yield messages(make)


def message(random, people, file):
    made = EmailMessage(policy=policy.SMTP if random.random() < 0.5 else policy.default)
    address = lambda person: Address(f"{person.first} {person.last}", addr_spec=person.email)
    sender, *others = people
    made["Message-ID"] = f"<{random.getrandbits(64):x}.{random.getrandbits(32)}@mail.example.net>"
    made["From"], made["To"] = address(sender), [address(other) for other in others[:2]]
    if others[2:]:
        made["Cc"] = [address(other) for other in others[2:]]
    made["Date"], made["Subject"] = "Thu, 02 Jan 2020 03:04:05 +0000", random.choice(["hello", "Grüße", "Re: 你好, a long subject that goes on until it is folded by who writes it"])
    made["References"] = "<abc.1@mail.example.org>"
    made.set_content(random.choice(["see you\nFrom here on it is fine\n", "Grüße, bis bald = so\n" * 5, "plain\n"]))
    if random.random() < 0.3:
        made.add_attachment(random.randbytes(400), maintype="application", subtype="octet-stream", filename="a.bin")
    for person in people:
        file.records.append(Expected((person.email,), (), ()))
    return made


def groups(make, random, crowd):
    people = list(make.people(crowd))
    while people:
        count = random.randint(2, 5)
        yield people[:count] if len(people[:count]) > 1 else [*people[:1], crowd.next()]
        people = people[count:]


def box(make):
    file, crowd, random = make("mail", "mbox", "mbox", by="python mailbox")
    file.path.unlink(missing_ok=True)
    made = mailbox.mbox(file.path)
    for people in groups(make, random, crowd):
        made.add(mailbox.mboxMessage(message(random, people, file)))
    made.close()
    return file


def messages(make):
    file, crowd, random = make("mail", "EML, zipped", "zip", by="python email")
    with zipfile.ZipFile(file.path, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, people in enumerate(groups(make, random, crowd)):
            archive.writestr(f"inbox/{at:05}.eml", bytes(message(random, people, file)))
            if at == 99:
                break
    return file
