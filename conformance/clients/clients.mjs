// npm's hibp against a running service: `clients.mjs URL KEY`. What the service was filled with is in xtask/src/clients.rs.

import assert from 'node:assert/strict';
import { breach, breachedAccount, breaches, dataClasses, latestBreach, pasteAccount, pwnedPassword, pwnedPasswordRange } from 'hibp';

const [url, apiKey] = process.argv.slice(2);
const userAgent = 'sluice-conformance';
const api = { baseUrl: `${url}/api/v3`, apiKey, userAgent };
const ranges = { baseUrl: url, userAgent };

assert.deepEqual(await breachedAccount('ann+x@example.com', api), [{ Name: 'Clients' }]);
assert.equal((await breachedAccount('ann+x@example.com', { ...api, truncate: false }))[0].PwnCount, 2);
assert.equal(await breachedAccount('nobody@example.com', api), null);
assert.equal(await pasteAccount('ann+x@example.com', api), null);
assert.equal((await breaches(api)).length, 1);
assert.equal((await breach('clients', api)).Name, 'Clients');
assert.equal(await breach('Nothing', api), null);
assert.equal((await latestBreach(api)).Name, 'Clients');
assert.ok((await dataClasses(api)).includes('Passwords'));
assert.equal(await pwnedPassword('hunter2', ranges), 2);
assert.equal(await pwnedPassword('nobody has this one', { ...ranges, addPadding: true }), 0);
assert.equal(Object.keys(await pwnedPasswordRange('F3BBB', { ...ranges, mode: 'ntlm' })).length, 0);
await assert.rejects(breachedAccount('ann+x@example.com', { ...api, apiKey: 'f'.repeat(32) }), /invalid hibp-api-key/);
console.log('hibp: well');
