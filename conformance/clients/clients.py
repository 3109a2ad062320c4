"""PyPI's pyhibp and pwnedpasswords against a running service: `clients.py URL KEY`.

What the service was filled with is in xtask/src/clients.rs. Only the libraries' addresses are changed, nothing else of them.
"""

import sys

import pwnedpasswords.pwnedpasswords as plain
import pyhibp
import pyhibp.pwnedpasswords as ranges
import requests

url, key = sys.argv[1:]
pyhibp.HIBP_API_BASE_URI = url + "/api/v3/"
ranges.PWNED_PASSWORDS_API_BASE_URI = url + "/"
pyhibp.set_user_agent(ua="sluice-conformance")
pyhibp.set_api_key(key=key)

# pyhibp: booleans with a capital, one set of headers for all it asks.
short = pyhibp.get_account_breaches(account="ann+x@example.com", truncate_response=True, include_unverified=True)
assert short == [{"Name": "Clients"}], short
full = pyhibp.get_account_breaches(account="ANN+x@example.com", truncate_response=False, include_unverified=True)
assert full[0]["PwnCount"] == 2 and "IsVerified" in full[0], full
assert not pyhibp.get_account_breaches(account="nobody@example.com")
assert not pyhibp.get_pastes(email_address="ann+x@example.com")
assert [breach["Name"] for breach in pyhibp.get_all_breaches()] == ["Clients"]
assert pyhibp.get_single_breach(breach_name="clients")["Title"] == "Clients"
assert not pyhibp.get_single_breach(breach_name="Nothing")
assert "Passwords" in pyhibp.get_data_classes()
assert ranges.is_password_breached(password="hunter2") == 2
assert ranges.is_password_breached(password="nobody has this one") == 0
padded = ranges.suffix_search(hash_prefix="F3BBB", add_padding=True)
assert 800 <= len(padded) <= 1_000, len(padded)

# pwnedpasswords splits on CRLF and unpacks each piece: neither an empty body nor a last line end would do.
get = requests.get
ask = lambda address, **options: get(address.replace("https://api.pwnedpasswords.com", url), **options)
if hasattr(plain, "requests"):
    plain.requests.get = ask
    assert plain.check("hunter2") == 2
print("pyhibp and pwnedpasswords: well")
